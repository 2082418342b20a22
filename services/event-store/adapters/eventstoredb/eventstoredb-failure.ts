import type { AppendRequest } from '../../domain/event-store.ts';
import {
  AppendRefusedDefect,
  ConflictFault,
  PositionBeyondHeadFault,
  StoreFault,
  StoreUnavailableFault,
  StreamDeletedFault,
  UnknownOutcomeFault,
} from '../../domain/faults.ts';

/** What an error of the client carries, as far as it does: its `message` is often empty, its class tells less than its `type` (D8). */
interface ClientError {
  readonly type?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly actualVersion?: unknown;
}

/** Errors without a type of their own, known by how their message begins; all of them are answers of a server that is there. */
const answeredMessages = [
  'Could not recognize Server Is Not Ready',
  'Could not recognize Server Is Busy',
  'Could not recognize Server Is Too Busy',
];
const badRequestMessage = 'Could not recognize BadRequest';
/** How a server names a position at which no record begins. */
const positionMessage = 'InvalidPosition';
const unavailableCode = 14;

/** The outcome of an append that was not accepted. Whatever is not certainly refused is unknown (D1). */
export function appendFailure(cause: unknown, { stream, expected }: AppendRequest): Error {
  const { type, actualVersion } = fieldsOf(cause);
  switch (type) {
    case 'wrong-expected-version':
      return new ConflictFault(stream, expected, typeof actualVersion === 'bigint' ? actualVersion : 'no_stream');
    case 'stream-deleted':
      return new StreamDeletedFault(`Stream ${stream} was deleted behind the port: it takes no further events.`, { cause });
    case 'maximum-append-size-exceeded':
      return new AppendRefusedDefect(`The event store takes no append of this size on ${stream}.`, { reason: 'too_large', cause });
    case 'access-denied':
      return new AppendRefusedDefect(`The user of EVENTSTORE_URL must not write to ${stream}.`, { cause });
  }
  if (messageOf(cause).startsWith(badRequestMessage)) {
    return new AppendRefusedDefect(`The event store takes an append to ${stream} for a bad request.`, { cause });
  }
  return new UnknownOutcomeFault(`The event store did not answer an append: ${reasonOf(cause)}.`, { cause });
}

/** A read that failed for any other reason than what stands in the log. */
export function readFailure(cause: unknown): StoreFault {
  if (cause instanceof StoreFault) return cause;
  const reason = isOfType(cause, 'access-denied') ? 'the user of EVENTSTORE_URL must not read it' : reasonOf(cause);
  return new StoreUnavailableFault(`The event store cannot be read: ${reason}.`, { cause });
}

/** The same for `$all`: there a reader may also come with a position of another log. */
export function logFailure(cause: unknown): StoreFault {
  if (!messageOf(cause).includes(positionMessage)) return readFailure(cause);
  return new PositionBeyondHeadFault('The log has no event at the position of the reader: it is not the log that was read before.', {
    cause,
  });
}

export function isStreamNotFound(cause: unknown): boolean {
  return isOfType(cause, 'stream-not-found');
}

export function isStreamDeleted(cause: unknown): boolean {
  return isOfType(cause, 'stream-deleted');
}

export function isAccessDenied(cause: unknown): boolean {
  return isOfType(cause, 'access-denied');
}

/** The client makes another connection with its next call. */
export function isConnectionLost(cause: unknown): boolean {
  return isOfType(cause, 'unavailable') || isOfType(cause, 'cancelled');
}

/** The server dropped a live reader that lagged by some thirty events: normal traffic, not an outage. */
export function isLiveDrop(cause: unknown): boolean {
  return isOfType(cause, 'timeout');
}

/** Neither an answer of the server nor an error after which the client connects anew by itself: it may be stuck for good. */
export function mayBeStuck(cause: unknown): boolean {
  const { type, code } = fieldsOf(cause);
  if (type === undefined) return code !== unavailableCode;
  return type === 'unknown' && !answeredMessages.some((message) => messageOf(cause).startsWith(message));
}

/** The client remembers a failed look-up of what the server supports, and fails every later append with it (D12). */
export function isPoisoned(cause: unknown): boolean {
  const { type, code } = fieldsOf(cause);
  return type === undefined && typeof code === 'number' && code !== unavailableCode;
}

function isOfType(cause: unknown, type: string): boolean {
  return fieldsOf(cause).type === type;
}

function reasonOf(cause: unknown): string {
  const { type } = fieldsOf(cause);
  const message = messageOf(cause).replace(/\s*\.?\s*$/, '');
  if (typeof type !== 'string') return message === '' ? 'it failed without a reason' : message;
  return message === '' ? type : `${type}, ${message}`;
}

function messageOf(cause: unknown): string {
  const { message } = fieldsOf(cause);
  return typeof message === 'string' ? message : '';
}

function fieldsOf(cause: unknown): ClientError {
  return typeof cause === 'object' && cause !== null ? cause : { message: String(cause) };
}
