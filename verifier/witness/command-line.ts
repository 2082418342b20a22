import { parseArgs } from 'node:util';
import { type NoteKey, parseVkey } from '../note/vkey.ts';

export type WitnessCommand =
  | { readonly command: 'help' }
  | { readonly command: 'new-key'; readonly name: string; readonly key: string; readonly state: string }
  | {
      readonly command: 'serve';
      readonly logKeys: readonly NoteKey[];
      readonly key: string;
      readonly state: string;
      readonly host: string;
      readonly port: number;
    };

export const usage = `Usage: witness --new-key <name> --key <file> --state <file>
       witness --log <vkey> [--log <vkey> ...] --key <file> --state <file> --port <number> [--host <address>]

  --new-key <name>   make a key and an empty memory, and print the public key; a name is for example witness.example/tallyroot
  --log <vkey>       public key of a log to witness, as its operator told you; all keys of the same name are keys of one log
  --key <file>       the key of this witness
  --state <file>     what this witness saw last; it must never be lost or set back
  --port <number>    where it listens; 0 takes any free port
  --host <address>   127.0.0.1 when absent

It answers POST /add-checkpoint as C2SP tlog-witness describes it. Put a proxy with TLS in front where others reach it.`;

const portMax = 65_535;

/** Throws `RangeError`, or what `parseArgs` throws, with a sentence about what is wrong. */
export function parseWitnessCommand(args: readonly string[]): WitnessCommand {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ 'new-key': text, log: { ...text, multiple: true }, key: text, state: text, host: text, port: text },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  });
  if (values.help) return { command: 'help' };
  const { key, state, log: logs = [], host = '127.0.0.1', port } = values;
  if (key === undefined) throw new RangeError('--key is missing.');
  if (state === undefined) throw new RangeError('--state is missing.');
  const name = values['new-key'];
  if (name !== undefined) {
    if (logs.length > 0 || port !== undefined) throw new RangeError('--new-key makes a key and does nothing else.');
    return { command: 'new-key', name, key, state };
  }
  if (logs.length === 0) throw new RangeError('--log is missing.');
  return { command: 'serve', logKeys: logs.map(logKeyOf), key, state, host, port: portOf(port) };
}

function logKeyOf(vkey: string): NoteKey {
  const key = parseVkey(vkey);
  if (key === undefined) throw new RangeError(`--log ${vkey} is no public key of a log.`);
  return key;
}

function portOf(text: string | undefined): number {
  const port = Number(text);
  if (text === undefined || !/^\d{1,5}$/.test(text) || port > portMax) throw new RangeError(`--port takes a number from 0 to ${portMax}.`);
  return port;
}
