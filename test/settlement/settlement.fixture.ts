import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { Contract, type ContractTransactionReceipt, isError, type Wallet } from 'ethers';
import { settlementOn, type SettlementChain } from '../../bench/support/settlement-chain.ts';
import { startThrowawayChain } from '../../bench/support/throwaway-chain.ts';
import { compile, compiled } from '../support/compiled.ts';

export const day = 86_400;

/** The contracts on a chain of the file's own; each test begins where the file began. Read it in a test only: before, it is not there. */
export function settlementFixture({ compiles = false } = {}): { readonly on: SettlementChain } {
  const fixture: { on: SettlementChain } = { on: undefined as unknown as SettlementChain };
  let start: string;
  beforeAll(async () => {
    if (compiles) await compile();
    fixture.on = await settlementOn(await startThrowawayChain());
  }, 180_000);
  beforeEach(async () => void (start = (await fixture.on.chain.provider.send('evm_snapshot', [])) as string));
  afterEach(() => fixture.on.chain.provider.send('evm_revert', [start]));
  afterAll(() => fixture.on.chain.stop());
  return fixture;
}

/** Sends a transaction and answers its receipt. */
export async function send(contract: Contract, by: Wallet, method: string, ...args: unknown[]): Promise<ContractTransactionReceipt> {
  const transaction = await (contract.connect(by) as Contract).getFunction(method).send(...args);
  return (await transaction.wait()) as ContractTransactionReceipt;
}

/** The custom error that a call ends with, as `Name(arguments)`; `accepted` if there is none. */
export async function refusal(contract: Contract, by: Wallet, method: string, ...args: unknown[]): Promise<string> {
  try {
    await (contract.connect(by) as Contract).getFunction(method).staticCall(...args);
  } catch (error) {
    if (isError(error, 'CALL_EXCEPTION')) return error.revert ? `${error.revert.name}(${error.revert.args.join(',')})` : 'no reason';
    throw error;
  }
  return 'accepted';
}

/** The events that a contract emitted in a transaction, as `Name(arguments)`. */
export function eventsIn(receipt: ContractTransactionReceipt, contract: Contract): string[] {
  return receipt.logs.flatMap((log) => {
    const event = log.address === contract.target ? contract.interface.parseLog(log) : null;
    return event ? [`${event.name}(${event.args.join(',')})`] : [];
  });
}

/** The time of the newest block, in Unix seconds. */
export async function now({ chain }: SettlementChain): Promise<number> {
  return (await chain.provider.getBlock('latest'))!.timestamp;
}

/** Makes the next block one of this time. */
export async function travelTo({ chain }: SettlementChain, timestamp: number): Promise<void> {
  await chain.provider.send('evm_setNextBlockTimestamp', [timestamp]);
  await chain.provider.send('evm_mine', []);
}

export async function travelBy(on: SettlementChain, seconds: number): Promise<void> {
  await travelTo(on, (await now(on)) + seconds);
}
/** A contract of test/solidity, by its file and its name. */
export async function deployed(on: SettlementChain, [file, name]: readonly [string, string], ...args: unknown[]): Promise<Contract> {
  const { abi, bytecode } = await compiled(`test/solidity/${file}.sol`, name);
  return on.deploy(abi, bytecode, ...args);
}

/** What an address has of a token; of the native coin without one. */
export const balanceOf = ({ chain }: SettlementChain, address: string, token?: Contract): Promise<bigint> =>
  token === undefined ? chain.provider.getBalance(address) : (token.getFunction('balanceOf')(address) as Promise<bigint>);
