import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { beginningOf } from './process-identity.ts';

export interface LockHolder {
  readonly pid: number;
  /** As `beginningOf` tells it. */
  readonly began: string;
  /** Makes every holding of the lock distinct. */
  readonly nonce: string;
}

export type ProcessLock = { readonly taken: true; release(): void } | { readonly taken: false; readonly holder: LockHolder };

/** A thief needs microseconds; one that died at it is not waited for any longer. */
const theftMsMax = 5_000;

/**
 * Takes the lock for this process if no living process holds it: a file, made complete by one `link`, that outlives a kill -9 and is then
 * taken over. Does not wait. The starter uses it too, on a bare Node 24: nothing but erasable syntax here.
 */
export function takeProcessLock(path: string): ProcessLock {
  const own: LockHolder = { pid: process.pid, began: beginningOf(process.pid) ?? '', nonce: randomUUID() };
  const draft = `${path}.${own.nonce}`;
  writeFileSync(draft, JSON.stringify(own), { mode: 0o644 });
  try {
    for (;;) {
      if (linked(draft, path)) return { taken: true, release: () => release(path, own) };
      const holder = holderOf(path);
      if (holder === 'gone') continue;
      if (holder !== 'unreadable' && beginningOf(holder.pid) === holder.began) return { taken: false, holder };
      removeStale(path, holder);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Who holds the lock now, living or not. */
export function lockHolder(path: string): LockHolder | undefined {
  const holder = holderOf(path);
  return typeof holder === 'object' ? holder : undefined;
}

/**
 * Of several that see the same stale lock one may delete it, or the second would delete the lock of the first. The link to `theft` is
 * that permission, and what it links to shows whether the lock is still the one that was seen.
 */
function removeStale(path: string, seen: LockHolder | 'unreadable'): void {
  const theft = `${path}.stale-${seen === 'unreadable' ? 'unreadable' : seen.nonce}`;
  let mine = false;
  try {
    mine = linked(path, theft);
    if (!mine) {
      if (Date.now() - statSync(theft).ctimeMs > theftMsMax) rmSync(theft, { force: true });
      return;
    }
    const found = holderOf(theft);
    const same = found === 'unreadable' || found === 'gone' ? found === seen : seen !== 'unreadable' && found.nonce === seen.nonce;
    if (same) rmSync(path, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // Somebody else has removed it meanwhile.
  } finally {
    if (mine) rmSync(theft, { force: true });
  }
}

function release(path: string, own: LockHolder): void {
  const holder = holderOf(path);
  if (typeof holder === 'object' && holder.nonce === own.nonce) rmSync(path, { force: true });
}

function holderOf(path: string): LockHolder | 'gone' | 'unreadable' {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'gone';
    throw error;
  }
  try {
    return JSON.parse(text) as LockHolder;
  } catch {
    return 'unreadable'; // A crash of the machine may leave an empty file.
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
