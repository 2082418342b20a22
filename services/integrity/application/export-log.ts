import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { PublishedHead } from '../domain/tree-head.ts';
import type { LogFiles } from './log-files.ts';

/** The folder holds something that is no export: nothing is written over it. */
export class ExportRefusedFault extends Error {
  override readonly name = 'ExportRefusedFault';
  readonly retryable = false;
}

/** All that an export has at its top, and where the log goes on with others, their folder. */
const exported = ['anchors.jsonl', 'checkpoint', 'genesis.json', 'log.vkey', 'payloads', 'tile'];
const earlierFolder = 'incarnations';

/**
 * Writes the published files of a log into a folder, under the names that a live log has, as they are under one head: the log may grow
 * meanwhile. Those that it goes on with lie below, as they do on a live log. Complete or absent: it is written beside its place and moved there. An earlier export is replaced, anything else is left alone.
 * Answers the number of files. Throws `ExportRefusedFault`.
 */
export async function exportLog(files: LogFiles, log: string, out: string): Promise<number> {
  const folder = resolve(out);
  const isEarlier = await isEarlierExport(folder);
  const head = await files.head(log);
  if (head === undefined) throw new ExportRefusedFault(`The log of ${log} has no signed head yet.`);
  const draft = await draftBeside(folder);
  try {
    let count = await writeLog(files, { log, head, folder: draft });
    for (const { key, number } of await files.earlier(log)) {
      const kept = (await files.head(key)) as PublishedHead;
      count += await writeLog(files, { log: key, head: kept, folder: join(draft, earlierFolder, String(number)) });
    }
    if (isEarlier) await rm(folder, { recursive: true, force: true });
    await rename(draft, folder); // Takes the place of an empty folder, and of nothing else.
    return count;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

interface LogUnderHead {
  readonly log: string;
  readonly head: PublishedHead;
  readonly folder: string;
}

async function writeLog(files: LogFiles, { log, head, folder }: LogUnderHead): Promise<number> {
  let count = 0;
  for (const name of ['checkpoint', ...files.names(head.size)]) {
    if (name === 'checkpoint' && head.note === '') continue; // Of a log that ended, and whose signed heads are lost with a database.
    const file = await files.read(log, name, { payloads: true, head });
    if (file === undefined) throw new Error(`The log of ${log} has no file ${name}.`);
    await write(join(folder, name), file.bytes);
    count++;
  }
  return count;
}

/** False for a folder that is empty or not there. */
async function isEarlierExport(folder: string): Promise<boolean> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw new ExportRefusedFault(`${folder} cannot be read; name a folder that can.`, { cause: error });
  }
  if (names.length === 0) return false;
  if (
    names
      .filter((name) => name !== earlierFolder)
      .toSorted()
      .join() === exported.join()
  )
    return true;
  throw new ExportRefusedFault(`${folder} holds something that is no export; name another folder.`);
}

/** A new folder on the same disk, so that a rename moves it. */
async function draftBeside(folder: string): Promise<string> {
  try {
    await mkdir(dirname(folder), { recursive: true });
    return await mkdtemp(join(dirname(folder), `.${basename(folder)}-`));
  } catch (error) {
    throw new ExportRefusedFault(`Nothing can be written to ${dirname(folder)}; name another folder.`, { cause: error });
  }
}

async function write(path: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}
