import { typesOfAnswers } from './checks/answers.check.ts';
import { ChainSet } from './checks/chain-set.ts';
import { type Checks, checkIds, newChecks } from './checks/check.ts';
import { LogPass } from './checks/log-pass.ts';
import type { StatedRoot } from './checks/tree.check.ts';
import type { OpenIds } from './ids/id-store.ts';
import { Ordinals } from './ids/ordinals.ts';
import { type Genesis, openGenesis } from './log/genesis.ts';
import { isSignedForRecovery, type LogPolicy, type SupersededLog, whyNotNextIncarnation } from './log/policy.ts';
import { LocalBundleOpener } from './opening/bundle-opener.ts';
import { isAbsence, readPart } from './source/bundles.ts';
import type { LogSource } from './source/log-source.ts';
import { LongerLogSource } from './source/longer.log-source.ts';
import type { VerifyOptions } from './verify.ts';

interface SupersededOptions extends Pick<
  VerifyOptions,
  'superseded' | 'rpcUrls' | 'isOffline' | 'isDeep' | 'openerFor' | 'answers' | 'receipts'
> {
  readonly openIds: OpenIds;
}

/** A log that was verified up to where another one goes on with it. */
export interface GoneOnWith {
  readonly origin: string;
  readonly source: LogSource;
  readonly size: number;
}

/** What is known of the logs that a log goes on with. */
export interface SupersededLogs {
  /** The way through the last of them; undefined where there is none, or where it cannot be gone on with. */
  readonly pass: LogPass | undefined;
  /** The first one first. */
  readonly logs: readonly GoneOnWith[];
}

const none: SupersededLogs = { pass: undefined, logs: [] };

const genesisBytesMax = 1024 * 1024;
const passesMax = 4;
/** Of a source that shows something else each time. */
export const repeatsDiffer = 'other event ids stood twice each time that the log was read';

/**
 * Verifies the log that another one goes on with, up to where it does, and answers the way through it: streams, invoice numbers and balances
 * continue from there. What is wrong with it is told to the checks of the newer log.
 */
export async function passSuperseded(checks: Checks, genesis: Genesis, options: SupersededOptions): Promise<SupersededLogs> {
  const { supersedes } = genesis.policy;
  if (supersedes === undefined) return none;
  const lost = `the operator admits that the log ${supersedes.origin} lost its leaves from ${supersedes.lostFrom} on, receipts for them included`;
  checks.V5.findings.add({ name: 'admitted-loss', message: lost });
  const [given, ...before] = options.superseded ?? [];
  const source = given && new LongerLogSource(given);
  const older = source === undefined ? undefined : await genesisOf(checks, source, supersedes);
  if (source === undefined || older === undefined) return none;
  const ended = await passTo(supersedes, { source, genesis: older, options: { ...options, superseded: before } });
  const { pass, checks: found, logs } = ended;
  if (!ended.knewRepeats) {
    // Whoever took an event for a new one that is none may find anything wrong: nothing of that is told.
    checks.V5.unverifiable.add({ message: `superseded log ${supersedes.origin}: ${repeatsDiffer}` });
    pass.ids.close();
    return { pass: undefined, logs };
  }
  tellOf(supersedes, found, checks);
  const { current, isUncertain } = pass.policies;
  if (!isSignedForRecovery(genesis.fin, current.recoveryVkey))
    (isUncertain ? checks.V2.unverifiable : checks.V2.invalid).add({
      index: 0,
      message: `the recovery key of ${supersedes.origin} did not sign for the log that supersedes it`,
    });
  const problem = whyNotNextIncarnation(current, genesis.policy);
  if (problem !== undefined) checks.V2.invalid.add({ index: 0, message: `the log cannot go on with ${supersedes.origin}: ${problem}` });
  // Of a log that was not read whole, or has other currencies, nothing can be gone on with: what comes after it is not wrong for that.
  const canGoOn = problem === undefined && pass.counts.leaves === supersedes.size && found.V5.unverifiable.count === 0;
  if (!canGoOn) pass.ids.close();
  return { pass: canGoOn ? pass : undefined, logs };
}

async function genesisOf({ V5 }: Checks, source: LogSource, { genesisHash, origin }: SupersededLog): Promise<Genesis | undefined> {
  const file = await readPart(source, 'genesis.json', genesisBytesMax);
  const genesis = isAbsence(file) ? file.message : openGenesis(file, genesisHash);
  if (typeof genesis !== 'string' && genesis.policy.origin === origin) return genesis;
  const reason = typeof genesis === 'string' ? genesis : `its origin is ${genesis.policy.origin}`;
  V5.unverifiable.add({ message: `${source.name} is not the superseded log ${origin}: ${reason}` });
  return undefined;
}

interface SupersededPass {
  readonly source: LogSource;
  readonly genesis: Genesis;
  readonly options: SupersededOptions;
}

interface KnownBefore {
  readonly policies: readonly LogPolicy[];
  readonly sizesCommitted: readonly number[];
  readonly repeats: Ordinals;
}

/** Reads the log up to the size that is gone on with, again where something came to be known too late. */
async function passTo(superseded: SupersededLog, log: SupersededPass) {
  let known: KnownBefore = { policies: [log.genesis.policy], sizesCommitted: [], repeats: new Ordinals() };
  for (let attempt = 1; ; attempt++) {
    const { pass, checks, logs, chains, found } = await passOnce(superseded, log, known);
    const isComplete = found.wereKnown && chains.covers(pass.policies.all) && pass.fold.sizesMissed.length === 0;
    if (isComplete || attempt === passesMax) return { pass, checks, logs, knewRepeats: found.wereKnown };
    pass.ids.close();
    const sizesCommitted = [...known.sizesCommitted, ...pass.fold.sizesMissed];
    known = { policies: [...pass.policies.all], sizesCommitted, repeats: found.repeats };
  }
}

/** The event ids stay open, for the log that goes on with them. */
async function passOnce({ size, root }: SupersededLog, { source, genesis, options }: SupersededPass, known: KnownBefore) {
  const { openIds, rpcUrls, isOffline, isDeep = false, openerFor = (log) => new LocalBundleOpener(log), answers, receipts } = options;
  const { policies, sizesCommitted, repeats } = known;
  const { origin } = genesis.policy;
  const stated: StatedRoot = { size, root, by: 'the genesis of the log that supersedes it', evidence: {} };
  const checks = newChecks();
  const chains = await ChainSet.open(isOffline ? [] : rpcUrls, genesis.policy);
  await chains.read(checks.V1, policies);
  // What is anchored beyond is what was lost.
  const anchored = chains.statedRoots().filter((anchor) => anchor.size > 0 && anchor.size <= size);
  const superseded = await passSuperseded(checks, genesis, options);
  const ids = superseded.pass?.ids.goingOn(repeats) ?? openIds(repeats);
  const opener = openerFor({ origin, isDeep, ...(answers !== undefined && { typesAlsoRead: typesOfAnswers }) }, size);
  try {
    const pass = new LogPass({
      ...{ source, genesis, size, checks, opener, ids, sizesCommitted, superseded: superseded.pass, personalData: [], anchors: undefined },
      ...{ answers, receipts, isEnded: true },
      statedRoots: [...anchored, stated].toSorted((left, right) => left.size - right.size),
    });
    await pass.run();
    pass.receipts?.finish({
      ...{ origin, keys: pass.policies.receiptKeys, toleranceSeconds: pass.policies.current.toleranceSeconds },
      anchors: chains.coveringAnchors().filter((anchor) => anchor.size <= size),
      ...{ sizeRead: pass.entriesRead, originsBefore: superseded.logs.map((log) => log.origin), sizeKept: size },
    });
    return { pass, checks, chains, logs: [...superseded.logs, { origin, source, size }], found: ids.findRepeats() };
  } catch (error) {
    ids.close();
    throw error;
  } finally {
    await opener.close();
  }
}

/** Its leaves have other numbers: they are named in the message, and never as the first bad leaf of the newer log. */
function tellOf({ origin }: SupersededLog, found: Checks, checks: Checks): void {
  for (const id of checkIds) {
    if (id === 'V9') continue; // Its answers are those of the newer log, and are judged there.
    const { invalid, unverifiable, findings, left } = found[id];
    const named = ({ index, message }: { readonly index?: number | undefined; readonly message: string }) =>
      `superseded log ${origin}${index === undefined ? '' : `, leaf ${index}`}: ${message}`;
    for (const { evidence, ...problem } of invalid.told) checks[id].invalid.add({ message: named(problem), evidence });
    if (left === undefined) for (const problem of unverifiable.told) checks[id].unverifiable.add({ message: named(problem) });
    for (const { name, evidence, isToldInFull, ...finding } of findings.told)
      checks[id].findings.add({ name, message: named(finding), evidence, ...(isToldInFull && { isToldInFull }) });
  }
}
