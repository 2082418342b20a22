import type { CommandLookup } from './command-lookup.ts';
import type { Envelope } from './envelope.ts';
import type { LiveAggregate } from './live-aggregate.ts';

/** What became of a command's id before: the same command wrote these events, or its key came with another body or for another stream. */
export type EarlierCommand =
  { readonly kind: 'repeat'; readonly firstRevision: bigint; readonly lastRevision: bigint } | { readonly kind: 'reused' };

/** Looks a command up in the aggregate's own memory, and in the command log for what that never held or has forgotten. */
export async function earlierCommand(
  commands: CommandLookup,
  live: LiveAggregate<unknown>,
  { stream, envelope }: { readonly stream: string; readonly envelope: Envelope },
): Promise<EarlierCommand | undefined> {
  const remembered = live.commands.get(envelope.commandId);
  if (remembered !== undefined) {
    return remembered.fingerprint === envelope.fingerprint ? { kind: 'repeat', ...remembered } : { kind: 'reused' };
  }
  const logged = await commands.find(envelope.commandId, {
    ...(live.commands.hasForgotten && { after: live.commands.oldestPosition() }),
    deadline: envelope.deadline,
  });
  if (logged === undefined) return undefined;
  if (logged.stream !== stream || logged.fingerprint !== envelope.fingerprint) return { kind: 'reused' };
  return { kind: 'repeat', firstRevision: logged.firstRevision, lastRevision: logged.revision };
}
