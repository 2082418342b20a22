import type { Outcome, Unopened } from '../../verifier/verdict.ts';
import { type VerifyOptions, verifyLog } from '../../verifier/verify.ts';
import type { LogBuilder, LogFolder } from './log-builder.ts';
import { MemoryLogSource } from './memory.log-source.ts';

/** Verifies files of a log without a chain, unless the options say otherwise. */
export function verifyFiles(log: LogBuilder, files: LogFolder, options: Partial<VerifyOptions> = {}): Promise<Outcome | Unopened> {
  const isOffline = options.rpcUrls === undefined;
  return verifyLog({ source: new MemoryLogSource(files), genesisHash: log.genesisHash, rpcUrls: [], isOffline, ...options });
}

/** What the verifier says in short: the verdict, the checks that are not ok, the first bad leaf. */
export function summaryOf(outcome: Outcome | Unopened) {
  if ('reason' in outcome) return { verdict: outcome.verdict, reason: outcome.reason };
  const { verdict, checks, firstBad } = outcome;
  const results = Object.fromEntries(checks.flatMap(({ id, result }) => (result === 'ok' ? [] : [[id, result]])));
  return { verdict, results, firstBad: firstBad?.index };
}

/** Names of all findings with the leaves that they are about. */
export function findingsOf(outcome: Outcome | Unopened): [string, number | undefined][] {
  return 'reason' in outcome
    ? []
    : outcome.checks.flatMap(({ findings }) => findings.map(({ name, index }) => [name, index] as [string, number | undefined]));
}
