import { writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import type { EventStore } from '../../../../services/event-store/domain/event-store.ts';

const [module, argument, ...rest] = process.argv.slice(2) as [string, string, ...string[]];
const { open } = (await import(module)) as { open: (argument: string) => EventStore | Promise<EventStore> };

/** The store that this process was started with (start-process.ts). */
export const store = await open(argument);
flushCompileCache(); // Most of these processes are killed, and would leave the next one nothing.
export const args: readonly string[] = rest;

/** Prints a line at once: it has left this process when the call returns. */
export function say(line: string): void {
  writeSync(1, `${line}\n`);
}
