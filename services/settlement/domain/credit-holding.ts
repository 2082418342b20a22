import type { Aggregate, Placed } from '../../commands/domain/aggregate.ts';
import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import { GrowingMap } from '../../commands/domain/growing-map.ts';
import type { Money } from '../../money/money.ts';
import { mirrored } from '../../money/posting.ts';
import { epochOf, graceMonths } from './credit-epoch.ts';
import { changedLot, type CreditLot, lotOf, madeGood, takenFrom, unitsOf } from './credit-lots.ts';
import { type CreditChange, type CreditHoldingEvent, creditHoldingEvents, type CreditMoved } from './credit.events.ts';
import { ownedCreditPostings } from './settlement-postings.ts';
import { type KnownToken, tokenMoney } from './token-amount.ts';

/*
 * Whose the credit under one address is (docs/decisions/0172). The contract burns the oldest, whoever bought it; here each account keeps what it
 * bought, spent, got back and lost. Month by month the two say the same, so that what is over is always somebody's.
 */

export interface CreditHolding {
  /** The oldest first; of one month, who had some of it first. */
  readonly lots: readonly CreditLot[];
  /** By effect, as it was told first. */
  readonly moves: GrowingMap<string, ToldMove>;
  /** By the revision of the telling before it: the same effect, when it came again. */
  readonly retold: GrowingMap<bigint, ToldMove>;
  /** By the revision that told it: that which took it back. */
  readonly reversals: GrowingMap<bigint, bigint>;
}

interface ToldMove {
  readonly moved: CreditMoved;
  readonly revision: bigint;
}

export interface CreditMove extends ToldMove {
  /** The revision that took it back; undefined while it stands. */
  readonly reversedAt: bigint | undefined;
}

/** What of an effect is whose, in units above zero. */
export interface CreditShare {
  readonly account: string | undefined;
  readonly units: bigint;
}

export const creditHolding: Aggregate<CreditHolding, CreditHoldingEvent> = {
  initial: { lots: [], moves: GrowingMap.empty(), retold: GrowingMap.empty(), reversals: GrowingMap.empty() },
  evolve,
  version: 1,
  events: creditHoldingEvents,
};

function evolve(state: CreditHolding, { event, revision }: Placed<CreditHoldingEvent>): CreditHolding {
  const { settlement, changes } = event.data;
  const changed = { ...state, lots: changes.reduce(changedBy, state.lots) };
  const known = moveOf(state, settlement);
  if (event.type === 'CreditMoveReversed/1')
    return known === undefined ? changed : { ...changed, reversals: state.reversals.with(known.revision, revision) };
  const told = { moved: event.data, revision };
  if (known === undefined) return { ...changed, moves: state.moves.with(settlement, told) };
  return { ...changed, retold: state.retold.with(known.revision, told) };
}

/** What an effect did the last time that it was told; undefined for one that never was. */
export function moveOf({ moves, retold, reversals }: CreditHolding, settlement: string): CreditMove | undefined {
  let last = moves.get(settlement);
  for (let next = last; next !== undefined; next = retold.get(next.revision)) last = next;
  return last === undefined ? undefined : { ...last, reversedAt: reversals.get(last.revision) };
}

/** What every effect did that stands. */
function* standing(state: CreditHolding): Generator<CreditMoved> {
  for (const [settlement] of state.moves.entries()) {
    const move = moveOf(state, settlement);
    if (move !== undefined && move.reversedAt === undefined) yield move.moved;
  }
}

/** An effect of the contract on the credit under the address. */
export type CreditMoveData = Omit<CreditMoved, 'changes'> & {
  readonly units: string;
  /** The month that the log names. */
  readonly epoch?: string;
  /** For whom it was ordered or offered; undefined for what nobody asked the ledger for, which is of whoever has what it burns. */
  readonly account?: string | undefined;
  /** The token of what the books had as nobody's, since it was final before they knew accounts. */
  readonly older?: KnownToken | undefined;
};

/**
 * Tells the accounts what an effect does to them, in the order of the chain. What still stands of it then is of a block that is gone, since a
 * command is carried out once: it is taken back before.
 */
export function moveCredit(
  state: CreditHolding,
  { units, epoch, account, older, ...moved }: CreditMoveData,
): Decision<CreditHoldingEvent, never> {
  const known = moveOf(state, moved.settlement);
  const gone = known !== undefined && known.reversedAt === undefined ? reversalOf(known.moved) : undefined;
  const lots = gone === undefined ? state.lots : gone.data.changes.reduce(changedBy, state.lots);
  const asked = { units: BigInt(units), account };
  const changes = changesOf(lots, moved, epoch === undefined ? asked : { ...asked, epoch: BigInt(epoch) });
  const postings = older === undefined ? [] : ownedCreditPostings(ownedBy(changes, older));
  const data = { ...moved, changes: changes.map(asChange), ...(postings.length > 0 && { postings }) };
  const event = { type: 'CreditMoved/1', data } as const;
  return gone === undefined ? accept(event) : accept<CreditHoldingEvent>(gone, event);
}

/** Takes back what an effect that is gone from the chain did at this revision; nothing of what it did after it had come again. */
export function reverseCreditMove(
  state: CreditHolding,
  { settlement, revision }: { readonly settlement: string; readonly revision: bigint },
): Decision<CreditHoldingEvent, { readonly code: 'settlement_not_observed' }> {
  const known = moveOf(state, settlement);
  if (known === undefined) return reject({ code: 'settlement_not_observed' });
  if (known.reversedAt !== undefined) return repeated(known.reversedAt);
  return known.revision === revision ? accept(reversalOf(known.moved)) : repeated(known.revision);
}

/** Whose credit an effect gave out or burnt; empty for one that is not known. */
export function sharesOf(state: CreditHolding, settlement: string): readonly CreditShare[] {
  const net = new Map<string | undefined, bigint>();
  for (const { account, units } of moveOf(state, settlement)?.moved.changes ?? [])
    net.set(account, (net.get(account) ?? 0n) + BigInt(units));
  return [...net].filter(([, units]) => units !== 0n).map(([account, units]) => ({ account, units: units < 0n ? -units : units }));
}

/** What an account can spend in that month. */
export function spendableBy({ lots }: CreditHolding, account: string, month: number): bigint {
  return unitsOf(lots.filter((lot) => lot.epoch >= month && lot.account === account));
}

/** What can be taken back of an account's credit: what can be spent, and what is in its month of grace. */
export function refundableTo(state: CreditHolding, account: string, month: number): bigint {
  return spendableBy(state, account, month - graceMonths);
}

/** Whether that decision was carried out, and stands. */
export function isTakenBack(state: CreditHolding, refund: string): boolean {
  return [...standing(state)].some((moved) => moved.refund === refund);
}

/** The slots in which an account bought what lies under the address, or did before it was spent. */
export function slotsOf(state: CreditHolding, account: string): string[] {
  return [...standing(state)].flatMap(({ name, settlement, changes }) => {
    const isTheirs = name === 'CreditIssued' && changes.some((change) => change.account === account);
    return isTheirs ? [settlement.slice(settlement.lastIndexOf('.') + 1)] : [];
  });
}

interface Asked {
  readonly units: bigint;
  readonly epoch?: bigint;
  readonly account: string | undefined;
}

/** What each account has more of, or less, by all changes together. */
function ownedBy(changes: readonly CreditLot[], token: KnownToken): { readonly account: string; readonly money: Money }[] {
  const accounts = new Set(changes.flatMap(({ account }) => account ?? []));
  return [...accounts].map((account) => {
    const units = unitsOf(changes.filter((change) => change.account === account));
    return { account, money: tokenMoney(units.toString(), token) };
  });
}

function reversalOf({
  effectiveAt: _,
  refund: __,
  postings,
  ...moved
}: CreditMoved): Extract<CreditHoldingEvent, { type: 'CreditMoveReversed/1' }> {
  const changes = moved.changes.map((change) => ({ ...change, units: (-BigInt(change.units)).toString() }));
  return { type: 'CreditMoveReversed/1', data: { ...moved, changes, ...(postings !== undefined && { postings: mirrored(postings) }) } };
}

function changesOf(
  lots: CreditHolding['lots'],
  { name, effectiveAt }: Pick<CreditMoved, 'name' | 'effectiveAt'>,
  asked: Asked,
): CreditLot[] {
  const { units, account, epoch } = asked;
  switch (name) {
    case 'CreditIssued':
      return [lotOf({ epoch: monthOf(epoch), account, units })];
    case 'CreditExpired':
      return takenFrom(
        lots.filter((lot) => lot.epoch === monthOf(epoch)),
        units,
        monthOf(epoch),
      );
    default: {
      const first = BigInt(epochOf(effectiveAt) - (name === 'CreditRefunded' ? graceMonths : 0));
      const burnable = lots.filter((lot) => lot.epoch >= first);
      const burnt = takenFrom(burnable, units, first);
      const own = burnable.filter((lot) => lot.account === account);
      return account === undefined || unitsOf(own) < units ? burnt : [...burnt, ...madeGood(burnt, own, account)];
    }
  }
}

function changedBy(lots: readonly CreditLot[], { epoch, account, units }: CreditChange): readonly CreditLot[] {
  return changedLot(lots, lotOf({ epoch: BigInt(epoch), account, units: BigInt(units) }));
}

function asChange({ epoch, account, units }: CreditLot): CreditChange {
  return { epoch: epoch.toString(), ...(account !== undefined && { account }), units: units.toString() };
}

function monthOf(epoch: bigint | undefined): bigint {
  if (epoch === undefined) throw new RangeError('What was given out or burnt names its month.');
  return epoch;
}
