import { parseArgs } from 'node:util';
import { ledgerAnchorCodeHash } from '../../../contracts/generated/ledger-anchor.ts';
import { ChainAccess, chainKeyIn, chainNodeAt, unkeptTransactions } from '../../chain/chain-access.ts';
import { ContractDoor, type DoorAnswer } from '../../integrity/adapters/chain/contract-door.ts';
import type { TransactionSigner } from '../../chain/application/transaction.ts';
import type { Environment } from '../settings.ts';
import { SettingsFault } from '../settings-fault.ts';

export type ChainAction = (args: readonly string[], environment: Environment) => Promise<readonly string[]>;

interface Asked {
  readonly door: ContractDoor;
  readonly logId: string;
  readonly address: (option: 'publisher' | 'next') => string;
  readonly signer: () => Promise<TransactionSigner>;
}

const options = {
  rpc: { type: 'string' },
  contract: { type: 'string' },
  log: { type: 'string' },
  publisher: { type: 'string' },
  next: { type: 'string' },
  'key-file': { type: 'string' },
} as const;

/** What is done with nothing but a node and a key: whoever holds the key need not have the ledger. */
export const contractActions: Readonly<Record<string, ChainAction>> = {
  latest: (args, environment) => asking(args, environment, latest),
  register: (args, environment) =>
    asking(args, environment, async ({ door, logId, address, signer }) =>
      told(await door.register(await signer(), logId, address('publisher')), 'The log is registered with this publisher.'),
    ),
  propose: (args, environment) =>
    asking(args, environment, async ({ door, logId, address, signer }) =>
      told(await door.propose(await signer(), logId, address('next')), 'The next publisher is proposed, and has to accept.'),
    ),
  accept: (args, environment) =>
    asking(args, environment, async ({ door, logId, signer }) =>
      told(await door.accept(await signer(), logId), 'The log has its new publisher: give the anchorer the new key.'),
    ),
  freeze: (args, environment) =>
    asking(args, environment, async ({ door, logId, signer }) =>
      told(await door.freeze(await signer(), logId), 'The log is frozen, for ever.'),
    ),
};

async function latest({ door, logId }: Asked): Promise<readonly string[]> {
  const { size, root, seq, publisher, isRegistered, codeHash } = await door.held(logId);
  const isOurs = codeHash === ledgerAnchorCodeHash;
  return [
    `log        ${logId}`,
    `state      ${!isRegistered ? 'never registered' : publisher === undefined ? 'frozen' : size === 0n ? 'registered, not anchored' : 'anchored'}`,
    `size       ${size}`,
    `root       ${root}`,
    `anchors    ${seq}`,
    `publisher  ${publisher ?? 'nobody'}`,
    `code       ${codeHash}, ${isOurs ? 'the one of this release' : 'NOT the one of this release'}`,
  ];
}

function told(answer: DoorAnswer, done: string): readonly string[] {
  return [answer === 'done' ? `Nothing to do. ${done}` : `${done} Transaction ${answer.tx}.`];
}

async function asking(
  args: readonly string[],
  environment: Environment,
  act: (asked: Asked) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const values = valuesIn(args);
  const rpc = values.rpc ?? environment['CHAIN_RPC_URL'];
  if (rpc === undefined || !/^https?:\/\/\S+$/.test(rpc)) throw new SettingsFault('--rpc takes the URL of a node, http or https.');
  const contract = matching('contract', values.contract, /^0x[0-9a-fA-F]{40}$/, 'the address of the anchor contract');
  const logId = matching('log', values.log, /^0x[0-9a-f]{64}$/, 'a log id, 0x and 64 hex digits');
  const node = chainNodeAt(rpc);
  const chainId = BigInt(await node.call<string>('eth_chainId')).toString();
  const access = new ChainAccess({ node, chainId, transactions: unkeptTransactions() });
  return act({
    ...{ door: new ContractDoor(access, contract.toLowerCase()), logId },
    address: (option) => matching(option, values[option], /^0x[0-9a-fA-F]{40}$/, 'an address').toLowerCase(),
    signer: () => chainKeyIn(matching('key-file', values['key-file'], /./, 'the file of the key that signs'), chainId),
  });
}

function valuesIn(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new SettingsFault((error as Error).message);
  }
}

function matching(option: string, value: string | undefined, pattern: RegExp, takes: string): string {
  if (value !== undefined && pattern.test(value)) return value;
  throw new SettingsFault(`--${option} takes ${takes}.`);
}
