import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { HeadMemory } from '../../application/head-store.ts';
import type { PublishedHead, TreeHead } from '../../domain/tree-head.ts';

/**
 * Remembers the last published head of each log beside its keys, outside the database: who restores an old database under running keys is
 * told, instead of signing a second history. Written after the head was shown, so that it can only be behind.
 */
export class HeadFile implements HeadMemory {
  readonly name: string;
  readonly #folder: string;
  readonly #file: string;

  /** `file` keeps apart what the sequencer has shown from what other processes have seen. */
  constructor(folder: string, file: 'checkpoint' | 'checkpoint.seen' = 'checkpoint') {
    this.#folder = folder;
    this.#file = file;
    this.name = `the file of the last head in ${folder}`;
  }

  async latest(log: string): Promise<TreeHead | undefined> {
    let note: string;
    try {
      note = await readFile(this.#pathOf(log), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    const [, size, root] = note.split('\n');
    if (!/^\d+$/.test(size ?? '')) throw new Error(`${this.#pathOf(log)} holds no checkpoint.`);
    return { size: BigInt(size as string), root: Buffer.from(root as string, 'base64') };
  }

  async remember(log: string, { note }: PublishedHead): Promise<void> {
    const path = this.#pathOf(log);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
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

  #pathOf(log: string): string {
    return join(this.#folder, log, this.#file);
  }
}
