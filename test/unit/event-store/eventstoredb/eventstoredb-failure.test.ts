import { describe, expect, it } from '@jest/globals';
import { AccessDeniedError, DeadlineExceededError, UnknownError, WrongExpectedVersionError } from '@eventstore/db-client';
import {
  appendFailure,
  isPoisoned,
  logFailure,
  mayBeStuck,
  readFailure,
} from '../../../../services/event-store/adapters/eventstoredb/eventstoredb-failure.ts';

const request = { stream: 'acme.account-1', expected: 3n, events: [] };
const unknown = (message?: string) => new UnknownError(undefined, message);
const conflict = (current: bigint | 'no_stream') =>
  new WrongExpectedVersionError(null as never, { streamName: request.stream, current, expected: 3n });

describe('the failures of the EventStoreDB client', () => {
  it('name the actual revision in a conflict', () => {
    expect(appendFailure(conflict(7n), request)).toMatchObject({ name: 'ConflictFault', expected: 3n, actual: 7n });
    expect(appendFailure(conflict('no_stream'), request)).toMatchObject({ name: 'ConflictFault', actual: 'no_stream' });
  });

  it.each<[string, unknown, string]>([
    ['a deleted stream', { type: 'stream-deleted' }, 'StreamDeletedFault'],
    ['an append too large', { type: 'maximum-append-size-exceeded' }, 'AppendRefusedDefect'],
    ['a user who must not', new AccessDeniedError(), 'AppendRefusedDefect'],
    ['a bad request', unknown('Could not recognize BadRequest'), 'AppendRefusedDefect'],
    ['a server that starts', unknown('Could not recognize Server Is Not Ready'), 'UnknownOutcomeFault'],
    ['a server that is busy', unknown('Could not recognize Server Is Busy'), 'UnknownOutcomeFault'],
    ['a timeout of the server', new DeadlineExceededError(), 'UnknownOutcomeFault'],
    ['a failure without words', unknown(), 'UnknownOutcomeFault'],
    ['a lost connection', { type: 'unavailable', code: 14, message: '14 UNAVAILABLE: read ECONNRESET' }, 'UnknownOutcomeFault'],
    ['a failed look-up of features', Object.assign(new Error('13 INTERNAL'), { code: 13 }), 'UnknownOutcomeFault'],
    ['what nobody has seen', 'a string', 'UnknownOutcomeFault'],
    ['nothing at all', undefined, 'UnknownOutcomeFault'],
  ])('make of %s in an append what the port says', (_, cause, name) => {
    expect(appendFailure(cause, request)).toMatchObject({ name, cause });
  });

  it('say of a read that the store is not there, and why', () => {
    expect(readFailure({ type: 'unavailable', message: '14 UNAVAILABLE: No connection established.' }).message).toBe(
      'The event store cannot be read: unavailable, 14 UNAVAILABLE: No connection established.',
    );
    expect(readFailure(new AccessDeniedError()).message).toContain('EVENTSTORE_URL must not read it');
    expect(readFailure(unknown())).toMatchObject({ name: 'StoreUnavailableFault', retryable: true });
  });

  it('tell a position of another log from a store that is away', () => {
    expect(logFailure(unknown('2 UNKNOWN: Unexpected ReadAllResult: InvalidPosition'))).toMatchObject({ name: 'PositionBeyondHeadFault' });
    expect(logFailure(unknown('2 UNKNOWN: anything'))).toMatchObject({ name: 'StoreUnavailableFault' });
  });

  it('tell a client that may be stuck from one that heals or was answered', () => {
    for (const cause of [unknown('No leader info'), unknown(), new Error('no idea')]) expect(mayBeStuck(cause)).toBe(true);
    const healing = ['unavailable', 'cancelled', 'not-leader', 'deadline-exceeded', 'timeout'].map((type) => ({ type }));
    const answered = [unknown('Could not recognize Server Is Not Ready'), conflict(1n)];
    for (const cause of [...healing, ...answered, { code: 14 }]) expect(mayBeStuck(cause)).toBe(false);
  });

  it('tell a client whose look-up of features is poisoned', () => {
    expect(isPoisoned(Object.assign(new Error('13 INTERNAL'), { code: 13 }))).toBe(true);
    expect(isPoisoned(Object.assign(new Error('14 UNAVAILABLE'), { code: 14 }))).toBe(false);
    expect(isPoisoned(unknown())).toBe(false);
  });
});
