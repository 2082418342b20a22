import { leafOf, type LeafSource } from '../../services/integrity/domain/leaf.ts';
import { LogBuilder, type LogBuilderOptions } from '../support/log-builder.ts';

/** An honest log of two accounts, with a commitment to their balances. */
export function honestLog(options: LogBuilderOptions = {}): LogBuilder {
  const log = new LogBuilder(options);
  for (let index = 0; index < 6; index++) log.move(`${index + 1}.00`, { account: `acc_${index % 2}` });
  log.commitState();
  log.move('0.50');
  return log;
}

/** The operator stores another event in its place and makes its leaf again; tiles and heads follow when files are asked for. */
export function replaceEvent(log: LogBuilder, index: number, change: Partial<LeafSource>): void {
  const event = { ...(log.events[index] as LeafSource), ...change };
  log.events[index] = event;
  log.entries[index] = leafOf(log.origin, event).entry;
}

/** The data of an event with one text in place of another. */
export function dataWith(log: LogBuilder, index: number, text: string, other: string): string {
  return (log.events[index] as LeafSource).data.replaceAll(text, other);
}

/** Two leaves change places, with the events behind them. */
export function swapLeaves(log: LogBuilder, one: number, other: number): void {
  for (const list of [log.entries, log.events] as unknown[][]) [list[one], list[other]] = [list[other], list[one]];
}
