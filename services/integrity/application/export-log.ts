import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LogFiles } from './log-files.ts';

/** The folder holds something that is no export: nothing is written over it. */
export class ExportRefusedFault extends Error {
  override readonly name = 'ExportRefusedFault';
  readonly retryable = false;
}

const marker = 'checkpoint';

/**
 * Writes the published files of a log into a folder, under the names that a live log has. Complete or absent: it is written beside its
 * place and moved there. An earlier export is replaced, anything else is left alone. Answers the number of files.
 */
export async function exportLog(files: LogFiles, log: string, folder: string): Promise<number> {
  await assertReplaceable(folder);
  const draft = `${folder}.unfinished`;
  await rm(draft, { recursive: true, force: true });
  const head = await files.head(log);
  if (head === undefined) throw new ExportRefusedFault(`The log of ${log} has no signed head yet.`);
  let count = 0;
  for (const name of files.names(head.size)) {
    const file = await files.read(log, name, { payloads: true });
    if (file === undefined) throw new Error(`The log of ${log} has no file ${name}.`);
    await write(join(draft, name), file.bytes);
    count++;
  }
  await write(join(draft, marker), Buffer.from(head.note));
  await rm(folder, { recursive: true, force: true });
  await rename(draft, folder);
  return count + 1;
}

async function assertReplaceable(folder: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new ExportRefusedFault(`${folder} cannot be read; name a folder that can.`, { cause: error });
  }
  if (names.length > 0 && !names.includes(marker))
    throw new ExportRefusedFault(`${folder} holds something that is no export; name another folder.`);
}

async function write(path: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}
