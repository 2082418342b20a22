import type { DomainEvent } from '../domain/aggregate.ts';
import type { Rejection } from '../domain/decision.ts';
import { eventIdOf } from './command-id.ts';
import type { Execution, PersonalCommitments } from './execution.ts';

/**
 * The commitments to the personal data of a command's events, in their order. The events are not in the log yet, so that a crash from here
 * on leaves data that nothing refers to.
 */
export async function keptPersonalData<State, Event extends DomainEvent, Rejected extends Rejection>(
  { stream, envelope, keepPersonalData }: Execution<State, Event, Rejected>,
  events: readonly Event[],
): Promise<readonly (PersonalCommitments | undefined)[] | 'other_data'> {
  if (keepPersonalData === undefined) return [];
  const kept: (PersonalCommitments | undefined)[] = [];
  for (const [index, event] of events.entries()) {
    const commitments = await keepPersonalData(event, eventIdOf(envelope.commandId, stream, index));
    if (commitments === 'other_data') return commitments;
    kept.push(commitments);
  }
  return kept;
}
