import {
  hexlify,
  id,
  isError,
  NonceManager,
  Wallet,
  Contract,
  ContractFactory,
  type ContractTransactionReceipt,
  type Signer,
} from 'ethers';
import { ledgerAnchorAbi, ledgerAnchorBytecode } from '../../../contracts/generated/ledger-anchor.ts';
import { startThrowawayChain, type ThrowawayChain } from '../../../bench/support/throwaway-chain.ts';

/** The contract on a chain of the test's own, with the four hands that touch it. */
export interface AnchorFixture {
  readonly chain: ThrowawayChain;
  readonly anchor: Contract;
  readonly admin: Signer;
  readonly guardian: Signer;
  readonly publisher: Signer;
  readonly stranger: Signer;
  /** A contract of the test's own from its creation code. */
  deploy(abi: readonly object[], bytecode: string, ...args: unknown[]): Promise<Contract>;
}

export async function anchorFixture(): Promise<AnchorFixture> {
  const chain = await startThrowawayChain();
  const [admin, guardian, publisher, stranger] = (await Promise.all([0, 1, 2, 3].map(() => fundedWallet(chain)))) as [
    Signer,
    Signer,
    Signer,
    Signer,
  ];
  const deploy = async (abi: readonly object[], bytecode: string, ...args: unknown[]) => {
    const contract = await new ContractFactory(abi, bytecode, admin).deploy(...args);
    return (await contract.waitForDeployment()) as Contract;
  };
  const anchor = await deploy(ledgerAnchorAbi, ledgerAnchorBytecode, 0, await admin.getAddress(), await guardian.getAddress());
  return { chain, anchor, admin, guardian, publisher, stranger, deploy };
}

async function fundedWallet({ provider }: ThrowawayChain): Promise<Signer> {
  const wallet = Wallet.createRandom(provider);
  await provider.send('anvil_setBalance', [wallet.address, '0x56bc75e2d63100000']);
  return new NonceManager(wallet);
}

export const logId = (name: string): string => id(name);
export const hex = (hashes: readonly Uint8Array[]): string[] => hashes.map((hash) => hexlify(hash));

/** Sends a transaction and answers its receipt. */
export async function send(contract: Contract, by: Signer, method: string, ...args: unknown[]): Promise<ContractTransactionReceipt> {
  const call = (contract.connect(by) as Contract).getFunction(method);
  const transaction = await call(...args);
  return (await transaction.wait()) as ContractTransactionReceipt;
}

/** The custom error that a call ends with, as `Name(arguments)`. */
export async function refusal(contract: Contract, by: Signer, method: string, ...args: unknown[]): Promise<string> {
  try {
    await (contract.connect(by) as Contract).getFunction(method).staticCall(...args);
  } catch (error) {
    if (isError(error, 'CALL_EXCEPTION') && error.revert) return `${error.revert.name}(${error.revert.args.join(',')})`;
    throw error;
  }
  return 'accepted';
}

/** The same for calldata that somebody else made. */
export async function refusalOfBytes(contract: Contract, by: Signer, data: string): Promise<string> {
  try {
    await by.call({ to: await contract.getAddress(), data });
  } catch (error) {
    const named = isError(error, 'CALL_EXCEPTION') && error.data ? contract.interface.parseError(error.data) : null;
    if (named) return `${named.name}(${named.args.join(',')})`;
    throw error;
  }
  return 'accepted';
}
