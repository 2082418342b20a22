import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { isObject, parseJson } from '../log/canonical-json.ts';
import type { ResumeStore } from '../state/resume-point.ts';
import { HeadsFile } from '../state/heads-file.ts';
import { StateFile } from '../state/state-file.ts';
import { writeWhole } from './mirror.log-source.ts';

const mirrorVersion = 'tallyroot-mirror/1';

/**
 * The folder of a mirror: an export that grows. Beside the files of the log it has `heads.jsonl`, every head that was ever seen, and `.mirror/`:
 * what is on its way in, how far it was verified, and what was refused.
 */
export class MirrorFolder {
  readonly path: string;
  readonly heads: HeadsFile;
  readonly #state: StateFile;

  /** Throws `RangeError` for the mirror of another log, and for a folder that holds something else. */
  constructor(path: string, genesisHash: string) {
    this.path = path;
    const about = join(path, '.mirror', 'mirror.json');
    if (existsSync(about)) assertSameLog(readFileSync(about, 'utf8'), path, genesisHash);
    else if (existsSync(path) && readdirSync(path).length > 0) throw new RangeError(`${path} holds something else than a mirror.`);
    else writeWhole(about, `${JSON.stringify({ v: mirrorVersion, genesis: genesisHash })}\n`);
    this.heads = new HeadsFile(join(path, 'heads.jsonl'));
    this.#state = new StateFile(join(path, '.mirror', 'state'));
  }

  get incoming(): string {
    return join(this.path, '.mirror', 'incoming');
  }

  get hasIncoming(): boolean {
    return existsSync(this.incoming);
  }

  /** How far it was verified. Bound when the files are part of the mirror, and not before. */
  get resume(): ResumeStore {
    const state = this.#state;
    return {
      load: () => state.load(),
      openIds: (known, from) => state.openIds(known, from),
      isDue: () => state.isDue(),
      save: (point) => state.save(point),
      bind: () => undefined,
      discard: () => state.discard(),
    };
  }

  /** Runs the work while no other process works on the mirror; throws `RangeError` where one does. */
  async alone<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    const lock = join(this.path, '.mirror', 'lock');
    takeLock(lock);
    try {
      return await work();
    } finally {
      rmSync(lock, { force: true });
    }
  }

  /** Makes everything that came in part of the mirror, the head last: whoever reads it meanwhile sees the old log or the new one. */
  accept(): void {
    const files = filesIn(this.incoming).filter((file) => !file.endsWith('.unfinished'));
    for (const file of files.filter((name) => name !== 'checkpoint')) this.#move(file);
    if (files.includes('checkpoint')) this.#move('checkpoint');
    rmSync(this.incoming, { recursive: true, force: true });
    this.#state.bind();
  }

  /** Keeps what came in as it is, apart; answers where. */
  refuse(at: Date): string {
    this.#state.discard();
    const refused = join(this.path, '.mirror', 'refused', at.toISOString().replaceAll(':', ''));
    mkdirSync(dirname(refused), { recursive: true });
    if (existsSync(this.incoming)) renameSync(this.incoming, refused);
    else mkdirSync(refused);
    return refused;
  }

  #move(file: string): void {
    const target = join(this.path, file);
    mkdirSync(dirname(target), { recursive: true });
    renameSync(join(this.incoming, file), target);
    // The full tile begins with the same hashes as the partial ones before it.
    if (/^tile\/.*\/\d{3}$/.test(file)) rmSync(`${target}.p`, { recursive: true, force: true });
  }
}

/** Is this folder a mirror, whose heads count? */
export function headsFileOf(folder: string): string | undefined {
  const path = join(folder, 'heads.jsonl');
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? path : undefined;
}

/** The lock of a process that is gone, by a kill or a power cut, is nobody's. */
function takeLock(path: string): void {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const holder = Number(readFileSync(path, 'utf8'));
    if (isAlive(holder)) throw new RangeError(`Process ${holder} is at work on this mirror (${path}).`, { cause: error });
    rmSync(path, { force: true });
    takeLock(path);
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return pid !== process.pid;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function assertSameLog(text: string, path: string, genesisHash: string): void {
  const about = parseJson(text);
  if (!isObject(about) || about['v'] !== mirrorVersion) throw new RangeError(`${path} is no mirror of this version.`);
  if (about['genesis'] !== genesisHash)
    throw new RangeError(`${path} is the mirror of another log, whose genesis is ${String(about['genesis'])}.`);
}

/** Relative names of all files below a folder. */
function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}
