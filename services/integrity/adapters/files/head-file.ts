import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { HeadMemory } from '../../application/head-store.ts';
import { incarnationsOf, partsOfKey } from '../../application/incarnations.ts';
import type { ProviderLog, ProviderLogs } from '../../application/provider-logs.ts';
import { SequencerHalt } from '../../application/sequencer-halt.ts';
import type { PublishedHead, TreeHead } from '../../domain/tree-head.ts';

export interface HeadFileOptions {
  /** Keeps apart what the sequencer has shown from what other processes have seen. */
  readonly file?: 'checkpoint' | 'checkpoint.seen';
  /** Tells a head of an earlier incarnation from one of the log. Absent: each log has one. */
  readonly logs?: Pick<ProviderLogs, 'find'>;
}

/**
 * Remembers the last published head of each log beside its keys, outside the database: who restores an old database under running keys is
 * told, instead of signing a second history. Written after the head was shown, so that it can only be behind. The last head of a log that
 * another one goes on with stays beside it, with the number of the incarnation.
 */
export class HeadFile implements HeadMemory {
  readonly name: string;
  readonly #folder: string;
  readonly #file: string;
  readonly #logs: HeadFileOptions['logs'];
  /** Logs of which the file is known to hold no head of an earlier incarnation. */
  readonly #ours = new Set<string>();

  constructor(folder: string, { file = 'checkpoint', logs }: HeadFileOptions = {}) {
    this.#folder = folder;
    this.#file = file;
    this.#logs = logs;
    this.name = `the file of the last head in ${folder}`;
  }

  /** Throws `SequencerHalt` where it remembers an incarnation that the event store does not know. */
  async latest(log: string): Promise<TreeHead | undefined> {
    const { slug, number } = partsOfKey(log);
    const path = this.#pathOf(slug);
    const note = (number === undefined ? undefined : await readIfThere(`${path}.${number}`)) ?? (await readIfThere(path));
    if (note === undefined) return undefined;
    const [origin, size, root] = note.split('\n');
    if (!/^\d+$/.test(size ?? '')) throw new Error(`${path} holds no checkpoint.`);
    const known = await this.#logs?.find(log);
    if (known !== undefined && origin !== known.origin) {
      if (number !== undefined || numberIn(known, origin) > 0) return undefined;
      throw new SequencerHalt(
        `${log}: ${this.name} knows a signed head of ${size} leaves of ${origin}, but the event store holds ${known.origin}. It was restored from ` +
          'an older copy, or is another one. Nothing is signed until the missing events are back: docs/guides/backup-and-restore.md.',
      );
    }
    return { size: BigInt(size as string), root: Buffer.from(root as string, 'base64') };
  }

  async remember(log: string, { note }: PublishedHead): Promise<void> {
    const path = this.#pathOf(log);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await this.#setAside(log);
    // Several processes may see the same heads.
    const draftPath = `${path}.${process.pid}.new`;
    const draft = await open(draftPath, 'w', 0o600);
    try {
      await draft.writeFile(note);
    } finally {
      await draft.close();
    }
    await rename(draftPath, path);
  }

  async #setAside(log: string): Promise<void> {
    if (this.#ours.has(log)) return;
    const known = await this.#logs?.find(log);
    const [origin] = (await readIfThere(this.#pathOf(log)))?.split('\n') ?? [];
    const number = known === undefined ? 0 : numberIn(known, origin);
    if (number > 0) await rename(this.#pathOf(log), `${this.#pathOf(log)}.${number}`);
    this.#ours.add(log);
  }

  #pathOf(log: string): string {
    return join(this.#folder, log, this.#file);
  }
}

/** Of the earlier incarnation with this origin; 0 where there is none. */
function numberIn(log: ProviderLog, origin: string | undefined): number {
  return (
    incarnationsOf(log)
      .slice(0, -1)
      .findIndex((incarnation) => incarnation.origin === origin) + 1
  );
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
