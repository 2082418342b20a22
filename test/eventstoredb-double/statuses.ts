import { Metadata, status as codes, type StatusObject } from '@grpc/grpc-js';
import { any, code, empty, shared, status } from './generated.ts';
import type { Leader } from './faults.ts';
import type { WireExpectation } from './wire-event.ts';

/** Data of one append, in bytes; metadata and types are not counted. */
export const appendBytesMax = 1_048_576;

/** How a call other than BatchAppend ends when it fails: a code, a text, and trailers that the client reads. */
export type CallFailure = StatusObject;

function failure(code: codes, details: string, trailers: Record<string, string> = {}): CallFailure {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, value);
  return { code, details, metadata };
}

export const failures = {
  streamDeleted: (stream: string) =>
    failure(codes.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, { exception: 'stream-deleted', 'stream-name': stream }),
  wrongExpectedVersion: (operation: string, stream: string, expected: WireExpectation, actual: bigint | undefined) =>
    failure(
      codes.FAILED_PRECONDITION,
      `${operation} failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${versionOf(expected)}, Actual version: ${actual ?? -1n}`,
      {
        exception: 'wrong-expected-version',
        'stream-name': stream,
        'expected-version': String(versionOf(expected)),
        'actual-version': actual === undefined ? '' : String(actual),
      },
    ),
  tooLarge: () =>
    failure(codes.INVALID_ARGUMENT, `Maximum Append Size of ${appendBytesMax} Exceeded.`, {
      exception: 'maximum-append-size-exceeded',
      'maximum-append-size': String(appendBytesMax),
    }),
  notLeader: (leader: Leader | undefined) =>
    leader === undefined
      ? failure(codes.UNKNOWN, 'No leader info available in response')
      : failure(codes.NOT_FOUND, 'Leader info available', {
          exception: 'not-leader',
          'leader-endpoint-host': leader.host,
          'leader-endpoint-port': String(leader.port),
        }),
  accessDenied: () => failure(codes.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' }),
  badRequest: () => failure(codes.UNKNOWN, 'Exception was thrown by handler.'),
  notReady: () => failure(codes.UNAVAILABLE, 'Server Is Not Ready'),
  busy: () => failure(codes.UNAVAILABLE, 'Server Is Too Busy'),
  timeout: () => failure(codes.ABORTED, 'Operation timed out: '),
  unknown: (what: string) => failure(codes.UNKNOWN, what),
  consumerTooSlow: () => failure(codes.ABORTED, 'Consumer too slow to handle event while live. Client resubscription required.'),
};

/** The numbers by which the server's own code names expectations. */
function versionOf(expected: WireExpectation): bigint {
  if (expected === 'no_stream') return -1n;
  if (expected === 'any') return -2n;
  return expected === 'stream_exists' ? -4n : expected;
}

/** How BatchAppend reports a failure: inside the answer, as a `google.rpc.Status` around a typed detail. */
export const batchStatuses = {
  wrongExpectedVersion(expected: WireExpectation, actual: bigint | undefined): status.Status {
    const detail = new shared.WrongExpectedVersion();
    if (actual === undefined) detail.setCurrentNoStream(new empty.Empty());
    else detail.setCurrentStreamRevision(String(actual));
    if (expected === 'any') detail.setExpectedAny(new empty.Empty());
    else if (expected === 'stream_exists') detail.setExpectedStreamExists(new empty.Empty());
    else if (expected === 'no_stream') detail.setExpectedNoStream(new empty.Empty());
    else detail.setExpectedStreamPosition(String(expected));
    return statusOf(code.Code.UNKNOWN, 'WrongExpectedVersion', detail);
  },
  streamDeleted(stream: string): status.Status {
    const detail = new shared.StreamDeleted();
    detail.setStreamIdentifier(identifierOf(stream));
    return statusOf(code.Code.UNKNOWN, 'StreamDeleted', detail);
  },
  tooLarge(): status.Status {
    const detail = new shared.MaximumAppendSizeExceeded();
    detail.setMaxappendsize(appendBytesMax);
    return statusOf(code.Code.INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', detail);
  },
  badRequest: () => statusOf(code.Code.INVALID_ARGUMENT, 'BadRequest', new shared.BadRequest()),
  timeout: () => statusOf(code.Code.DEADLINE_EXCEEDED, 'Timeout', new shared.Timeout()),
  unknown: () => statusOf(code.Code.UNKNOWN, 'Unknown', new shared.Unknown()),
  accessDenied: () => statusOf(code.Code.PERMISSION_DENIED, 'AccessDenied', new shared.AccessDenied()),
  notReady: () => statusOf(code.Code.OK, 'Server Is Not Ready', undefined),
  busy: () => statusOf(code.Code.OK, 'Server Is Busy', undefined),
};

type Detail =
  | shared.WrongExpectedVersion
  | shared.StreamDeleted
  | shared.MaximumAppendSizeExceeded
  | shared.BadRequest
  | shared.Timeout
  | shared.Unknown
  | shared.AccessDenied;

function statusOf(rpcCode: code.Code, message: string, detail: Detail | undefined): status.Status {
  const packed = new any.Any();
  const name = detail === undefined ? 'google.protobuf.Empty' : `event_store.client.${message}`;
  packed.pack((detail ?? new empty.Empty()).serializeBinary(), name);
  const made = new status.Status();
  made.setCode(rpcCode);
  made.setMessage(message);
  made.setDetails(packed);
  return made;
}

export function identifierOf(stream: string): shared.StreamIdentifier {
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(Buffer.from(stream));
  return identifier;
}
