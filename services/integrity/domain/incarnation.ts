import type { LogPolicy, Supersedes } from './log-policy.ts';
import { nameOfVkey, renamedVkey } from './signed-note.ts';
import { keyNameOf } from './origin.ts';

const hashPattern = /^[0-9a-f]{64}$/;
const sizePattern = /^(0|[1-9][0-9]{0,14})$/;

/** The origin of the log after the one with this number: `<origin>/2` behind the first, then `/3`. */
export function originAfter(origin: string, number: number): string {
  const base = number === 1 ? origin : origin.slice(0, origin.lastIndexOf('/'));
  return `${base}/${number + 1}`;
}

/** Everything that the log promised, under the origin that comes next. The keys stay, and get its name. */
export function policyAfter(before: LogPolicy, origin: string, supersedes: Supersedes): LogPolicy {
  const { signature: _, ...policy } = before;
  return {
    ...policy,
    origin,
    vkey: renamedVkey(policy.vkey, origin),
    receiptVkeys: policy.receiptVkeys.map((vkey) => renamedVkey(vkey, keyNameOf(origin, 'receipts'))),
    recoveryVkey: renamedVkey(policy.recoveryVkey, keyNameOf(origin, 'recovery')),
    supersedes,
  };
}

/** Whether a log that ended under one policy, as the incarnation of a number, may go on under another one. */
export function mayGoOn(before: LogPolicy, number: number, genesis: string, after: LogPolicy): boolean {
  const { supersedes } = after;
  if (supersedes?.origin !== before.origin || supersedes.genesis !== genesis) return false;
  if (after.origin !== originAfter(before.origin, number) || nameOfVkey(after.vkey) !== after.origin) return false;
  const [size, lostFrom] = [supersedes.size, supersedes.lostFrom];
  if (!sizePattern.test(size) || !sizePattern.test(lostFrom) || !hashPattern.test(supersedes.root)) return false;
  if (size === '0' || BigInt(lostFrom) > BigInt(size) || after.streamPrefix !== before.streamPrefix) return false;
  const scalesIn = (policy: LogPolicy) => new Map(policy.currencies.map((currency) => [currency.code, currency]));
  const kept = scalesIn(after);
  return before.currencies.every(({ code, ledgerScale, payableScale }) => {
    const now = kept.get(code);
    return now?.ledgerScale === ledgerScale && now.payableScale === payableScale;
  });
}
