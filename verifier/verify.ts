import { type Anchor, ChainReader } from './chain.ts';
import { type Check, type CheckId, checkIds, type Finding, Findings, type Evidence, type Verdict, verdictOf } from './findings.ts';
import { knownFold } from './fold.ts';
import { type Genesis, readGenesis } from './genesis.ts';
import { LogWalk, type WalkResult } from './log-walk.ts';
import { type LogSource, logSource, Unavailable } from './log-source.ts';
import type { ListedChain, Policy } from './policy.ts';
import { openNote, readCheckpoint, readVerifierKey } from './signed-note.ts';
import { checkHeartbeat } from './time-line.ts';

export interface VerifyRequest {
  /** URL of a log or path of an export folder. */
  readonly log: string;
  /** One node for each chain that the log lists, or none. */
  readonly rpcUrls: readonly string[];
  /** 64 lower-case hex, got out of band. */
  readonly genesisHash: string;
  /** Lower case; must be one that the log lists. */
  readonly contract?: string;
  readonly token?: string;
  /** No chain is asked on purpose. */
  readonly offline: boolean;
  readonly deep: boolean;
}

export interface Verification {
  readonly verdict: Verdict;
  /** Leaves [from, to) that the verdict speaks of. */
  readonly range: { readonly from: bigint; readonly to: bigint };
  /** Leaves of the signed head. */
  readonly size: bigint;
  readonly root: string | undefined;
  readonly origin: string | undefined;
  readonly anchors: readonly Anchor[];
  readonly checks: readonly Check[];
  readonly findings: readonly Finding[];
  readonly findingsCount: number;
  readonly firstBad: Evidence | undefined;
  readonly isOffline: boolean;
}

interface Head {
  readonly size: bigint;
  readonly root: Buffer;
}

/** Checks a log with nothing but its genesis hash, its files and the reader's own node. Never throws for what a log may contain. */
export async function verifyLog(request: VerifyRequest): Promise<Verification> {
  const findings = new Findings();
  const source = logSource(request.log, request.token);
  try {
    const genesis = await readGenesis(source, request.genesisHash, findings);
    const head = genesis && (await readHead(source, genesis.policy, findings));
    if (genesis === undefined || head === undefined) return conclude(request, { findings, genesis });
    return await verifyFrom(request, { source, genesis, head });
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    findings.unverifiable('V2', error.message);
    return conclude(request, { findings });
  }
}

interface Beginning {
  readonly source: LogSource;
  readonly genesis: Genesis;
  readonly head: Head;
}

/** A policy in the log may list a chain that the genesis does not know: then the log is read once more with that chain's anchors. */
async function verifyFrom(request: VerifyRequest, beginning: Beginning): Promise<Verification> {
  const { genesis } = beginning;
  const { chains, refusals } = await openChains(request.rpcUrls);
  try {
    let listed = genesis.policy.chains;
    for (;;) {
      const findings = new Findings();
      for (const refusal of refusals) findings.unverifiable('V1', refusal);
      const outcome = await readOnce(request, { ...beginning, findings, chains, listed });
      const all = unionOf([...genesis.policy.chains, ...outcome.walk.policies.flatMap((policy) => policy.chains)]);
      if (all.length === listed.length) return conclude(request, { findings, ...beginning, ...outcome, listed });
      listed = all;
    }
  } finally {
    for (const chain of chains) chain.close();
  }
}

interface Reading extends Beginning {
  readonly findings: Findings;
  readonly chains: readonly ChainReader[];
  readonly listed: readonly ListedChain[];
}

interface Outcome {
  readonly walk: WalkResult;
  readonly anchors: readonly Anchor[];
}

async function readOnce(request: VerifyRequest, { source, genesis, head, findings, chains, listed }: Reading): Promise<Outcome> {
  const { policy, logId } = genesis;
  const anchors: Anchor[] = [];
  for (const chain of listed) {
    const reader = chains.find(({ chainId }) => chainId === chain.chainId);
    if (reader === undefined) {
      if (!request.offline) findings.unverifiable('V1', `No node was given for chain ${chain.chainId}.`);
      continue;
    }
    try {
      anchors.push(...(await reader.anchors(chain, logId, findings)));
    } catch (error) {
      findings.unverifiable('V1', `Chain ${chain.chainId} could not be read: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const walk = await new LogWalk({ source, size: head.size, genesis: policy, anchors, chains, deep: request.deep, findings }).run();
  compareRoots({ walk, head, anchors, findings, isLive: source.isLive });
  checkHeartbeat(anchors, policy.heartbeatSeconds, policy.toleranceSeconds, findings, source.isLive ? Date.now() : undefined);
  return { walk, anchors };
}

async function readHead(source: LogSource, policy: Policy, findings: Findings): Promise<Head | undefined> {
  const bytes = await source.read('checkpoint');
  if (bytes === undefined) {
    findings.unverifiable('V2', 'checkpoint is missing.');
    return undefined;
  }
  const key = readVerifierKey(policy.vkey);
  const text = key && openNote(bytes.toString('utf8'), [key]);
  const checkpoint = text === undefined ? undefined : readCheckpoint(text);
  if (checkpoint === undefined) findings.invalid('V2', 'The checkpoint is not signed by the log key, or it is none.');
  else if (checkpoint.origin !== policy.origin) findings.invalid('V2', `The checkpoint is of the log ${checkpoint.origin}.`);
  else if (checkpoint.size === 0n) findings.invalid('V2', 'The checkpoint covers no leaf, not even the genesis.');
  else return checkpoint;
  return undefined;
}

interface Comparison extends Outcome {
  readonly head: Head;
  readonly findings: Findings;
  readonly isLive: boolean;
}

/** V3: the tiles give the head's root and the root of every anchor. All are roots of one tree, so each pair of them is consistent. */
function compareRoots({ walk, head, anchors, findings, isLive }: Comparison): void {
  const headRoot = walk.roots.get(head.size);
  if (headRoot !== undefined && !headRoot.equals(head.root)) {
    findings.invalid('V3', `The tiles give the root ${headRoot.toString('hex')}, the signed head says ${head.root.toString('hex')}.`);
  }
  for (const anchor of anchors) {
    const root = walk.roots.get(anchor.size);
    if (anchor.size > head.size) {
      const message = `The chain holds an anchor of ${anchor.size} leaves, the signed head has ${head.size}.`;
      // A log that serves less than it anchored has been cut; files may simply be older than the anchor.
      if (isLive) findings.invalid('V3', message);
      else findings.unverifiable('V3', message);
    } else if (root !== undefined && !root.equals(anchor.root)) {
      findings.invalid(
        'V3',
        `The tiles give the root ${root.toString('hex')} at ${anchor.size} leaves, transaction ${anchor.tx} anchored another.`,
      );
    }
  }
}

async function openChains(urls: readonly string[]): Promise<{ chains: ChainReader[]; refusals: string[] }> {
  const chains: ChainReader[] = [];
  const refusals: string[] = [];
  for (const url of urls) {
    try {
      chains.push(await ChainReader.open(url));
    } catch (error) {
      refusals.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { chains, refusals };
}

function unionOf(chains: readonly ListedChain[]): ListedChain[] {
  return [...new Map(chains.map((chain) => [`${chain.chainId} ${chain.contract}`, chain])).values()];
}

interface Conclusion {
  readonly findings: Findings;
  readonly genesis?: Genesis | undefined;
  readonly head?: Head;
  readonly walk?: WalkResult;
  readonly anchors?: readonly Anchor[];
  readonly listed?: readonly ListedChain[];
}

function conclude(request: VerifyRequest, { findings, genesis, head, walk, anchors = [], listed = [] }: Conclusion): Verification {
  const size = head?.size ?? 0n;
  const isAnchored = listed.length > 0;
  if (request.contract !== undefined && genesis !== undefined && !listed.some(({ contract }) => contract === request.contract)) {
    findings.invalid('V1', `The log lists no contract ${request.contract}.`);
  }
  const isChecked = isAnchored && !request.offline;
  if (isChecked && anchors.length === 0) findings.unverifiable('V1', 'No final anchor was found.');
  if (!isAnchored) for (const id of ['V1', 'V6'] as const) findings.note(id, 'not applicable', 'the log lists no chain');
  if (isAnchored && request.offline) for (const id of ['V1', 'V6'] as const) findings.note(id, 'not checked', 'no chain was asked');
  if (genesis !== undefined && genesis.policy.fold !== knownFold)
    findings.unverifiable('V8', `The fold ${genesis.policy.fold} is not known here.`);
  const opened = walk?.opened ?? 0n;
  if (opened === 0n) for (const id of ['V7', 'V8'] as const) findings.note(id, 'not checked', 'payloads are not readable');
  const last = anchors.reduce((largest, anchor) => (anchor.size > largest ? anchor.size : largest), 0n);
  const to = isChecked ? (last < size ? last : size) : size;
  const range = { from: 0n, to };
  const whole = { from: 0n, to: walk?.read ?? 0n };
  const messages = messagesOf(walk, anchors);
  const checks = checkIds.map((id) => findings.check(id, id === 'V1' || id === 'V6' ? range : whole, messages[id]));
  const required = new Set<CheckId>([
    'V2',
    'V3',
    'V4',
    'V5',
    ...(isChecked ? (['V1', 'V6'] as const) : []),
    ...(opened > 0n ? (['V7', 'V8'] as const) : []),
  ]);
  return {
    verdict: verdictOf(checks, required),
    range,
    size,
    root: head?.root.toString('hex'),
    origin: genesis?.policy.origin,
    anchors,
    checks,
    findings: findings.findings,
    findingsCount: findings.findingsCount,
    firstBad: findings.firstBad(),
    isOffline: request.offline,
  };
}

function messagesOf(walk: WalkResult | undefined, anchors: readonly Anchor[]): Readonly<Record<CheckId, string>> {
  const count = (number: bigint | number, noun: string) => `${number.toLocaleString('en-US')} ${noun}${BigInt(number) === 1n ? '' : 's'}`;
  const read = walk?.read ?? 0n;
  return {
    V1: `${count(anchors.length, 'final anchor')}, rising without a gap`,
    V2: 'the signature is the log key’s',
    V3: `the tiles give the root of the head and of ${count(anchors.length, 'anchor')}`,
    V4: `${count(read, 'entry').replace('entrys', 'entries')} in their places`,
    V5: 'every stream without a gap, every event naming the one before it',
    V6: 'every event between its tick and its anchor',
    V7: `${count(walk?.opened ?? 0n, 'payload')} opened, ${count(walk?.unopened ?? 0n, 'payload')} not`,
    V8: `${count(walk?.committed ?? 0, 'state commitment')} replayed, debits equal credits`,
  };
}
