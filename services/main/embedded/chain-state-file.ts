import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivateFile } from './private-file.ts';

/**
 * The file that the local chain writes its whole state to, once a second and in place: a kill -9 or a full disk at the wrong moment
 * leaves half of it, and the chain does not start on that. So every dump with new blocks is copied, whole, once it has proved readable.
 */
export class ChainStateFile {
  readonly path: string;
  private readonly copy: string;

  constructor(folder: string) {
    this.path = join(folder, 'state.json');
    this.copy = join(folder, 'state.good.json');
  }

  /** False for a chain that has never run, or that has lost everything. */
  get exists(): boolean {
    return existsSync(this.path) || existsSync(this.copy);
  }

  /** Number of the last block in the copy; what is beyond may be lost by a crash. -1 when there is no copy. */
  get lastBlockKept(): number {
    this.kept ??= lastBlockIn(textOf(this.copy)) ?? -1;
    return this.kept;
  }
  private kept: number | undefined;

  /** Copies the chain's last dump if it is whole and holds more than the copy. */
  keep(): void {
    const text = textOf(this.path);
    const last = lastBlockIn(text);
    if (last === undefined || last <= this.lastBlockKept) return;
    writePrivateFile(this.copy, text);
    this.kept = last;
  }

  /**
   * Puts the copy in the place of a dump that is damaged or gone; the damaged one is kept beside it. `lost`: there is no copy either, so a
   * new chain begins; whether anything was on the old one shows when the deployed contract is looked for.
   */
  repair(): 'whole' | 'restored' | 'lost' | 'none' {
    if (lastBlockIn(textOf(this.path)) !== undefined) return 'whole';
    const damaged = existsSync(this.path);
    if (damaged) renameSync(this.path, `${this.path}.damaged`);
    const good = textOf(this.copy);
    if (lastBlockIn(good) === undefined) return damaged ? 'lost' : 'none';
    writePrivateFile(this.path, good);
    return 'restored';
  }
}

/** Undefined when the text is not a whole dump. */
function lastBlockIn(text: string): number | undefined {
  try {
    const { best_block_number: last } = JSON.parse(text) as { best_block_number?: number | string };
    return last === undefined ? undefined : Number(last);
  } catch {
    return undefined;
  }
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
