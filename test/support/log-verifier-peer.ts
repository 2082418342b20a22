import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { FolderLogSource } from '../../verifier/source/folder.log-source.ts';
import { verifyLog } from '../../verifier/verify.ts';

/*
 * The peer is a second verifier, in Go, that was written from docs/reference/log-format.md: it shares no code with the first. Where Go is
 * not installed the comparison is left out, and Jest says so.
 */

export const hasGo = spawnSync('go', ['version']).status === 0;

export interface FolderToVerify {
  readonly folder: string;
  /** Genesis hash, 64 lower-case hex. */
  readonly genesis: string;
}

/** What both verifiers say of a log, in short. */
export interface Judgement {
  readonly verdict: string;
  readonly size?: string;
  readonly root?: string;
  /** By check its result, and the first leaf that is bad. */
  readonly checks: Readonly<Record<string, string>>;
  /** By name their number. */
  readonly findings: Readonly<Record<string, number>>;
}

interface PeerReport extends Omit<Judgement, 'checks' | 'findings'> {
  readonly checks?: Readonly<Record<string, { readonly status: string; readonly firstBad?: number }>>;
  readonly findings?: Readonly<Record<string, number>>;
}

/** Asks the peer about all folders at once. */
export function judgedByPeer(folders: readonly FolderToVerify[]): Judgement[] {
  const cwd = join(import.meta.dirname, '..', 'peers', 'log-verifier');
  const answer = execFileSync('go', ['run', '.'], { cwd, input: JSON.stringify(folders), maxBuffer: 2 ** 28, encoding: 'utf8' });
  return (JSON.parse(answer) as PeerReport[]).map(({ verdict, size, root, checks = {}, findings = {} }) => ({
    ...{ verdict, ...(size !== undefined && { size, root }) },
    checks: Object.fromEntries(Object.entries(checks).map(([id, { status, firstBad }]) => [id, resultOf(status, firstBad)])),
    findings,
  }));
}

/** The same of our verifier. */
export async function judgedByVerifier({ folder, genesis }: FolderToVerify): Promise<Judgement> {
  const outcome = await verifyLog({ source: new FolderLogSource(folder), genesisHash: genesis, rpcUrls: [], isOffline: true });
  const { verdict } = outcome;
  if ('reason' in outcome) return { verdict, checks: {}, findings: {} };
  const checks = outcome.checks.map(({ id, result, invalid }) => {
    const indexes = invalid.flatMap(({ index }) => (index === undefined ? [] : [index]));
    return [id, resultOf(result, indexes.length === 0 ? undefined : Math.min(...indexes))] as const;
  });
  const findings: Record<string, number> = {};
  for (const { name } of outcome.checks.flatMap((check) => check.findings)) findings[name] = (findings[name] ?? 0) + 1;
  return { verdict, size: String(outcome.size), root: outcome.root, checks: Object.fromEntries(checks), findings };
}

function resultOf(status: string, firstBad: number | undefined): string {
  return firstBad === undefined ? status : `${status} at ${firstBad}`;
}
