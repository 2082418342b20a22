import type pg from 'pg';
import { copyLog } from '../../event-store/application/copy-log.ts';
import { LogsDifferFault } from '../../event-store/application/compare-logs.ts';
import type { EventStore } from '../../event-store/domain/event-store.ts';
import { createPool } from '../../read-store/pool.ts';
import { claimAlone, type Presence } from '../../read-store/service-presence.ts';
import { carryState } from './carry-state.ts';
import type { StorePlace } from './store-place.ts';
import { StoreProgress } from './store-progress.ts';
import { verifyCopy, type VerifiedCopy } from './verify-copy.ts';

export interface StoreCopy {
  readonly source: EventStore;
  readonly target: EventStore;
  /** Of the ledger whose log it is. */
  readonly pool: pg.Pool;
  readonly databaseUrl: string;
  readonly to: StorePlace;
  /** Copies beside a running service, which goes on writing: the rest is for a copy without this. */
  readonly ahead: boolean;
  readonly print: (line: string) => void;
}

/** Copies the log and verifies the copy; undefined for a copy ahead, which is verified by the last one. */
export async function copyStore(copy: StoreCopy): Promise<VerifiedCopy | undefined> {
  const claims: Presence[] = [];
  const other = isOtherDatabase(copy) ? createPool({ url: copy.to.url, connectionsMax: 3 }) : undefined;
  try {
    if (!copy.ahead) claims.push(await claimAlone(copy.pool));
    if (other !== undefined) claims.push(await claimAlone(other));
    const verified = await copyAndVerify(copy);
    if (verified !== undefined && other !== undefined) await carryState(copy.pool, other);
    return verified;
  } finally {
    for (const claim of claims) await claim.leave();
    await other?.end();
  }
}

async function copyAndVerify({ source, target, ahead, print }: StoreCopy): Promise<VerifiedCopy | undefined> {
  const { position } = await source.head();
  const progress = new StoreProgress(position, print);
  progress.begin('copied');
  const { standing, copied } = await copyLog({ source, target, progressed: (event) => progress.passed(event) });
  print(`${copied.toLocaleString('en')} events copied; ${standing.toLocaleString('en')} were there before.`);
  if (ahead) return undefined;
  progress.begin('verified');
  const verified = await verifyCopy({ source, target }, (event) => progress.passed(event));
  if ((await source.head()).position !== position) throw new LogsDifferFault('Somebody wrote to the source meanwhile: run the copy again.');
  return verified;
}

/** A Postgres target beside the event store of the ledger's own database needs no second claim, and nothing to be carried over. */
function isOtherDatabase({ to, databaseUrl }: StoreCopy): boolean {
  return to.kind === 'postgres' && placeOf(to.url) !== placeOf(databaseUrl);
}

function placeOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port === '' ? '5432' : port}${pathname}`;
}
