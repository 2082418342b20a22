import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { newWitnessKey, readWitnessKey } from '../note/witness-key.ts';
import { HeadsFile } from '../state/heads-file.ts';
import { parseWitnessCommand, usage, type WitnessCommand } from './command-line.ts';
import { MemoryFile, MemoryFileError } from './memory-file.ts';
import { type RefusedHead, Witness } from './witness.ts';
import { WitnessServer } from './witness-server.ts';

type Command<Name> = Extract<WitnessCommand, { readonly command: Name }>;

const exitCodeOfUsage = 2;
const exitCodeOfFailure = 1;
/** Whoever can send a log's heads could fill the disk with them. */
const refusedHeadsMax = 1_000;

/** The witness's command. Answers the exit code when it has ended. */
async function main(args: readonly string[]): Promise<number> {
  let command: WitnessCommand;
  try {
    command = parseWitnessCommand(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return exitCodeOfUsage;
  }
  if (command.command === 'help') console.log(usage);
  else if (command.command === 'new-key') makeKey(command);
  else await serve(command);
  return 0;
}

function makeKey({ name, key, state }: Command<'new-key'>): void {
  for (const path of [key, state]) if (existsSync(path)) throw new RangeError(`${path} is there already and is not written over.`);
  const file = newWitnessKey(name);
  MemoryFile.create(state);
  writeFileSync(key, file, { mode: 0o600, flag: 'wx', flush: true });
  console.log(file.split('\n', 1)[0]);
}

/** Resolves when a stop was asked for and the last answer is sent. */
async function serve({ logKeys, key: keyFile, state, host, port }: Command<'serve'>): Promise<void> {
  const key = witnessKeyIn(keyFile);
  const memory = new MemoryFile(state);
  try {
    const refused = new HeadsFile(`${state}.refused.jsonl`);
    const witness = new Witness({ key, logKeys, memory, onRefused: (told) => keepRefused(refused, told) });
    const onFailure = (error: unknown) => console.error(`${new Date().toISOString()} failed, nothing was cosigned:`, error);
    const server = await WitnessServer.open({ witness, host, port, onFailure });
    console.log(`Witness ${key.vkey}`);
    console.log(`listens on ${server.url} for ${[...new Set(logKeys.map(({ name }) => name))].join(', ')}`);
    await stopAsked();
    await server.close();
  } finally {
    memory.close();
  }
}

function witnessKeyIn(path: string): ReturnType<typeof readWitnessKey> {
  try {
    return readWitnessKey(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new RangeError(`--key ${path} cannot be used. ${(error as Error).message}`, { cause: error });
  }
}

/** A signed head that does not fit is what an auditor looks for: `verify --head` reads the file. */
function keepRefused(refused: HeadsFile, { head, known, reason }: RefusedHead): void {
  const place = `${head.origin}: ${head.size} leaves, after ${known?.size ?? 0n}`;
  console.error(`${new Date().toISOString()} refused ${place}. ${reason}`);
  if (refused.heads.length < refusedHeadsMax) refused.add(head.note.bytes);
}

function stopAsked(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof RangeError || error instanceof MemoryFileError ? (error as Error).message : error);
  process.exitCode = exitCodeOfFailure;
}
