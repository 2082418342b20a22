import { isSignedBy, parseVkey } from '../note/vkey.ts';
import { canonicalTextOf, isObject } from './canonical-json.ts';

/** A chain on which the log promises to be anchored. */
export interface ListedChain {
  readonly chainId: bigint;
  /** Lower-case 0x-hex. */
  readonly contract: string;
  readonly fromBlock: bigint;
  /** EXTCODEHASH, lower-case 0x-hex. */
  readonly codeHash: string;
  /** Longest silence between two anchors here; undefined: the log's. */
  readonly heartbeatSeconds: number | undefined;
}

export interface Scales {
  readonly ledgerScale: number;
  readonly payableScale: number;
}

/** A log that had to stop, and that another one goes on with. */
export interface SupersededLog {
  readonly origin: string;
  /** Leaf hash of its genesis, 64 lower-case hex. */
  readonly genesisHash: string;
  /** So many of its leaves are gone on with. */
  readonly size: number;
  /** Of the tree of those leaves, 64 lower-case hex. */
  readonly root: string;
  /** The operator admits that leaves from this index on are lost. */
  readonly lostFrom: number;
}

/** What the log promises to those who verify it. */
export interface LogPolicy {
  readonly origin: string;
  readonly vkey: string;
  readonly recoveryVkey: string;
  /** Keys that sign receipts and answers. */
  readonly receiptVkeys: readonly string[];
  readonly chains: readonly ListedChain[];
  readonly streamPrefix: string;
  readonly currencies: ReadonlyMap<string, Scales>;
  readonly fold: string;
  readonly heartbeatSeconds: number;
  readonly toleranceSeconds: number;
  /** The log that this one goes on with. */
  readonly supersedes: SupersededLog | undefined;
}

/** Printable ASCII that JSON writes as it is, without space and `+`. */
const originPattern = /^[!#-*,-[\]-~]{1,255}$/;
const addressPattern = /^0x[0-9a-f]{40}$/i;
const hash256Pattern = /^0x[0-9a-f]{64}$/i;
const numberPattern = /^(0|[1-9][0-9]{0,18})$/;
const prefixPattern = /^[a-z0-9]{2,20}\.$/;
const hashPattern = /^[0-9a-f]{64}$/;
const sizePattern = /^(0|[1-9][0-9]{0,14})$/;
const scaleMax = 30;

/** Reads the `fin` of a genesis or of a change of policy; undefined for one that lacks what a verifier needs. */
export function parsePolicy(fin: unknown): LogPolicy | undefined {
  if (!isObject(fin)) return undefined;
  const { origin, vkey, recoveryVkey, streamPrefix, fold } = fin;
  const chains = listOf(fin['chains'], chainOf);
  const currencies = listOf(fin['currencies'], currencyOf);
  const receiptVkeys = listOf(fin['receiptVkeys'], (vkey) => (typeof vkey === 'string' ? vkey : undefined)) ?? [];
  const heartbeatSeconds = numberOf(fin['heartbeatSeconds']);
  const toleranceSeconds = numberOf(fin['toleranceSeconds']);
  if (typeof origin !== 'string' || typeof vkey !== 'string' || typeof recoveryVkey !== 'string') return undefined;
  if (typeof streamPrefix !== 'string' || typeof fold !== 'string') return undefined;
  if (!originPattern.test(origin) || !prefixPattern.test(streamPrefix) || parseVkey(vkey)?.name !== origin) return undefined;
  if (chains === undefined || currencies === undefined || heartbeatSeconds === undefined || toleranceSeconds === undefined)
    return undefined;
  const table = new Map(currencies);
  if (table.size !== currencies.length) return undefined;
  const supersedes = fin['supersedes'] === undefined ? undefined : supersededOf(fin['supersedes']);
  if (supersedes === 'unreadable' || supersedes?.origin === origin) return undefined;
  const read = { origin, vkey, recoveryVkey, receiptVkeys, chains, streamPrefix, currencies: table, fold };
  return { ...read, heartbeatSeconds, toleranceSeconds, supersedes };
}

/** Did the recovery key sign these fields? It signs `tallyroot-policy/1`, a new line, and their canonical text without `signature`. */
export function isSignedForRecovery(fin: { readonly [name: string]: unknown }, recoveryVkey: string): boolean {
  const { signature, ...signed } = fin;
  const key = parseVkey(recoveryVkey);
  const text = canonicalTextOf(signed);
  if (key === undefined || text === undefined || typeof signature !== 'string') return false;
  const bytes = Buffer.from(signature, 'base64');
  return bytes.toString('base64') === signature && isSignedBy(key, `tallyroot-policy/1\n${text}`, bytes);
}

/** Why a log may not go on under a policy, or undefined if it may. */
export function whyNotSuccessor(before: LogPolicy, after: LogPolicy): string | undefined {
  if (after.origin !== before.origin) return 'it names another origin';
  const superseded = [before, after].map(({ supersedes }) => supersedes && Object.values(supersedes).join(' '));
  if (superseded[0] !== superseded[1]) return 'it names another superseded log';
  return whyNotNextIncarnation(before, after);
}

/** Why a log may not go on with another one, or undefined if it may. */
export function whyNotNextIncarnation(before: LogPolicy, after: LogPolicy): string | undefined {
  if (after.streamPrefix !== before.streamPrefix) return 'it names another stream prefix';
  for (const [code, { ledgerScale, payableScale }] of before.currencies) {
    const scales = after.currencies.get(code);
    if (scales?.ledgerScale !== ledgerScale || scales.payableScale !== payableScale) return `it changes or drops the scales of ${code}`;
  }
  return undefined;
}

/** Names a chain and a contract on it. */
export function chainKeyOf({ chainId, contract }: Pick<ListedChain, 'chainId' | 'contract'>): string {
  return `${chainId} ${contract.toLowerCase()}`;
}

function chainOf(value: unknown): ListedChain | undefined {
  if (!isObject(value)) return undefined;
  const { chainId, contract, fromBlock, codeHash } = value;
  if (!isText(chainId, numberPattern) || !isText(contract, addressPattern)) return undefined;
  if (!isText(fromBlock, numberPattern) || !isText(codeHash, hash256Pattern)) return undefined;
  const heartbeatSeconds = numberOf(value['heartbeatSeconds']);
  if (value['heartbeatSeconds'] !== undefined && heartbeatSeconds === undefined) return undefined;
  const [address, code] = [contract.toLowerCase(), codeHash.toLowerCase()];
  return { chainId: BigInt(chainId), contract: address, fromBlock: BigInt(fromBlock), codeHash: code, heartbeatSeconds };
}

function supersededOf(value: unknown): SupersededLog | 'unreadable' {
  if (!isObject(value)) return 'unreadable';
  const { origin, genesis, size, root, lostFrom } = value;
  if (!isText(origin, originPattern) || !isText(genesis, hashPattern) || !isText(root, hashPattern)) return 'unreadable';
  if (!isText(size, sizePattern) || !isText(lostFrom, sizePattern)) return 'unreadable';
  const read = { origin, genesisHash: genesis, root, size: Number(size), lostFrom: Number(lostFrom) };
  return read.size === 0 || read.lostFrom > read.size ? 'unreadable' : read;
}

function currencyOf(value: unknown): [string, Scales] | undefined {
  if (!isObject(value) || typeof value['code'] !== 'string' || value['code'] === '') return undefined;
  const ledgerScale = numberOf(value['ledgerScale']);
  const payableScale = numberOf(value['payableScale']);
  if (ledgerScale === undefined || payableScale === undefined || payableScale > ledgerScale || ledgerScale > scaleMax) return undefined;
  return [value['code'], { ledgerScale, payableScale }];
}

function listOf<Item>(values: unknown, read: (value: unknown) => Item | undefined): Item[] | undefined {
  if (!Array.isArray(values)) return undefined;
  const items = values.map(read);
  return items.includes(undefined) ? undefined : (items as Item[]);
}

function numberOf(value: unknown): number | undefined {
  return isText(value, numberPattern) ? Number(value) : undefined;
}

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}
