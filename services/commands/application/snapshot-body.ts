import { hash } from 'node:crypto';
import { stateOfText, stateText } from '../domain/state-text.ts';
import type { LiveAggregate } from './live-aggregate.ts';
import { RememberedCommands } from './remembered-commands.ts';
import type { Snapshot } from './snapshot-store.ts';

/** What of a live aggregate its stream's last event does not tell. */
export function bodyOf({ state, commands }: Pick<LiveAggregate<unknown>, 'state' | 'commands'>): string {
  return stateText({ commands: commands.toLines(), hasForgotten: commands.hasForgotten, state });
}

/** The aggregate that `bodyOf` was given. Throws for text that it did not write. */
export function aggregateOf<State>({ body, revision, position, leaf }: Snapshot): LiveAggregate<State> {
  const { commands, hasForgotten, state } = stateOfText(body) as { commands: string[][]; hasForgotten: boolean; state: State };
  return { state, revision, lastLeaf: leaf, lastPosition: position, commands: RememberedCommands.of(commands, hasForgotten) };
}

export function digestOf({ stream, version, revision, storeId, position, leaf, body }: Omit<Snapshot, 'digest'>): string {
  return hash('sha256', [stream, version, revision, storeId, position, leaf, body].join('\n'), 'hex');
}
