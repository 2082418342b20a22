import type { ChainBlock, ChainEffect, ChainLog } from './chain-effect.ts';
import { zeroAddress } from './quote.ts';
import { transferEffects, type WatchedAddress } from './stray-transfers.ts';

/** A log of our contracts, with its transaction. */
export interface LogOfTransaction {
  readonly tx: string;
  readonly log: ChainLog;
}

/** A transaction that an address sent, or was sent coins with. What contracts pass on between them is in none. */
export interface NativeTransaction {
  readonly tx: string;
  readonly block: ChainBlock;
  readonly from: string;
  /** Of a new contract: its address. */
  readonly to: string;
  /** What moved with it, in units; nothing where it failed. */
  readonly value: bigint;
  /** What its sender paid for it, whether it failed or not. */
  readonly fee: bigint;
}

/** Coins by address, in units. */
export type NativeBalances = ReadonlyMap<string, bigint>;

/** Everything that is known of final blocks, from one look at balances to the next. */
export interface NativeSpan {
  readonly chainId: string;
  readonly fromBlock: bigint;
  readonly to: ChainBlock;
  readonly before: NativeBalances;
  readonly after: NativeBalances;
  /** Of our contracts, in the order of the chain. */
  readonly logs: readonly LogOfTransaction[];
}

/**
 * Whether logs of ours account for every balance by themselves. They do as long as nobody sends coins past the contracts and no watched
 * address sends transactions; only otherwise are the transactions of the blocks read.
 */
export function isExplainedByLogs(span: NativeSpan): boolean {
  const came = cameByLogs(span);
  return comparable(span).every(([holder, gain]) => gain === (came.get(holder) ?? 0n));
}

/**
 * What went past our contracts in these blocks: transfers by transaction, with both ends; then, for each address, what its own transactions
 * cost a treasury, and what nothing accounts for (coins that a contract sent or that were forced upon it).
 */
export function nativeMoves(
  span: NativeSpan,
  transactions: readonly NativeTransaction[],
  watched: readonly WatchedAddress[],
): ChainEffect[] {
  const { chainId, before, after, logs } = span;
  const refunded = (tx: string): bigint => sum(logs.map((entry) => (entry.tx === tx ? refundedBy(entry.log) : 0n)));
  const transfers = transactions.flatMap(({ tx, block, from, to, value }) => {
    // A refund is paid with the transaction that orders it: that much is the ledger's own.
    const amount = value - least(value, refunded(tx));
    const isSeen = [from, to].some((at) => before.has(at) && after.has(at));
    if (amount === 0n || from === to || !isSeen) return [];
    return transferEffects(chainId, { token: zeroAddress, from, to, amount, block, tx, logIndex: noLogIndex }, amount, watched);
  });
  const came = cameByLogs(span);
  const rest = comparable(span).flatMap(([holder, gain]) => {
    const sent = transactions.filter(({ from }) => from === holder);
    const fees = sum(sent.map(({ fee }) => fee));
    const direct = transactions.filter(({ to }) => to === holder);
    // A refunder that is a contract pays by itself what its owner's transaction ordered.
    const paidInside = sum(direct.filter(({ from }) => from !== holder).map(({ tx }) => refunded(tx)));
    const accounted = (came.get(holder) ?? 0n) + sum(direct.map(({ value }) => value)) - sum(sent.map(({ value }) => value)) - paidInside;
    return movesOf(span, { holder, fees, unexplained: gain - accounted + fees }, watched);
  });
  return [...transfers, ...rest].map((effect, index) => (effect.log.name === 'NativeMoved' ? placedAt(effect, index) : effect));
}

interface Rest {
  readonly holder: string;
  readonly fees: bigint;
  readonly unexplained: bigint;
}

/** A refunder's own fees are the price of its refunds, and are known to whoever sends them; a treasury is there to receive. */
function movesOf(span: NativeSpan, { holder, fees, unexplained }: Rest, watched: readonly WatchedAddress[]): ChainEffect[] {
  const known = watched.filter(({ address, sinceBlock }) => address === holder && sinceBlock <= BigInt(span.to.number));
  const roles = new Map(known.toReversed().map(({ providerId, role }) => [providerId, role]));
  return [...roles].flatMap(([providerId, role]) => [
    ...(role === 'treasury' && fees > 0n ? [moved(span, { holder, role, providerId, gain: -fees, isFee: true })] : []),
    ...(unexplained === 0n ? [] : [moved(span, { holder, role, providerId, gain: unexplained, isFee: false })]),
  ]);
}

interface Gain {
  readonly holder: string;
  readonly role: WatchedAddress['role'];
  readonly providerId: string;
  readonly gain: bigint;
  readonly isFee: boolean;
}

function moved({ chainId, fromBlock, to }: NativeSpan, { holder, role, providerId, gain, isFee }: Gain): ChainEffect {
  const direction = gain > 0n ? ('in' as const) : ('out' as const);
  const amount = (gain > 0n ? gain : -gain).toString();
  const range = { fromBlock: fromBlock.toString(), toBlock: to.number };
  return {
    ...({
      chainId,
      contract: zeroAddress,
      module: 'token',
      providerId,
      block: to,
      tx: noTransaction,
      logIndex: '0',
      effect: 'log',
    } as const),
    key: `${holder}.${fromBlock}-${to.number}${isFee ? '.fee' : ''}`,
    log: { name: 'NativeMoved', address: holder, role, direction, amount, ...range, ...(isFee && { cause: 'fees' }) },
  };
}

/** Several of one block differ by their index, as logs do. */
function placedAt(effect: ChainEffect, index: number): ChainEffect {
  return { ...effect, logIndex: index.toString() };
}

/** What a balance that changed without a log has in the place of one. */
const noTransaction = `0x${'0'.repeat(64)}`;
/** Stands before every log of the transaction. */
const noLogIndex = '-1';

/** By how much each address gained whose balance is known at both ends. */
function comparable({ before, after }: NativeSpan): [holder: string, gain: bigint][] {
  return [...after].flatMap(([holder, units]) => {
    const earlier = before.get(holder);
    return earlier === undefined ? [] : [[holder, units - earlier] as [string, bigint]];
  });
}

/** What logs of ours say that treasuries got in coins, and no more than the ledger books for them. */
function cameByLogs({ logs }: NativeSpan): Map<string, bigint> {
  const came = new Map<string, bigint>();
  for (const { log } of logs) {
    if ((log.name !== 'Settled' && log.name !== 'EventCaptured') || log.token !== zeroAddress) continue;
    came.set(log.treasury, (came.get(log.treasury) ?? 0n) + BigInt(log.amount) - BigInt(log.fee));
  }
  return came;
}

function refundedBy(log: ChainLog): bigint {
  return log.name === 'Refunded' && log.token === zeroAddress ? BigInt(log.amount) : 0n;
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}

function least(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
