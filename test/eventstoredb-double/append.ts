import type { sendUnaryData, ServerReadableStream } from '@grpc/grpc-js';
import type { AppendAnswer, DoubleCore } from './double-core.ts';
import { shared, streams } from './generated.ts';
import { disconnectCall, resetCall } from './http2-call.ts';
import { eventOf, streamNameOf } from './messages.ts';
import { appendBytesMax, type CallFailure, failures } from './statuses.ts';
import type { WireAppend, WireEvent, WireExpectation } from './wire-event.ts';

type Call = ServerReadableStream<streams.AppendReq, streams.AppendResp>;
type Reply = sendUnaryData<streams.AppendResp>;

const protocolError = 1;

/** Streams.Append: options first, then one message per event; answered when the client has sent all. */
export function append(core: DoubleCore, disconnect: (port: number) => void): (call: Call, reply: Reply) => void {
  return (call, reply) => {
    const { generation } = core;
    const requests: streams.AppendReq[] = [];
    call.on('data', (request: streams.AppendReq) => requests.push(request));
    call.on('end', () => {
      if (generation !== core.generation) return;
      const request = requestOf(requests);
      if ('code' in request) return core.gate.pass(() => reply(request));
      core.append(request, {
        answer: (answer) => answerWith(reply, request, answer),
        halfClose: () => reply(failures.badRequest()),
        reset: () => resetCall(call, protocolError),
        disconnect: () => disconnectCall(call, disconnect),
      });
    });
  };
}

function requestOf([first, ...rest]: readonly streams.AppendReq[]): WireAppend | CallFailure {
  const options = first?.getOptions();
  const stream = streamNameOf(options?.getStreamIdentifier());
  if (options === undefined || stream === '') return failures.badRequest();
  const events: WireEvent[] = [];
  let bytes = 0;
  for (const request of rest) {
    const message = request.getProposedMessage();
    const event = message === undefined ? undefined : eventOf(message);
    if (event === undefined) return failures.badRequest();
    events.push(event);
    bytes += event.data.length;
    if (bytes > appendBytesMax) return failures.tooLarge();
  }
  return { stream, expected: expectationOf(options), events };
}

function answerWith(reply: Reply, request: WireAppend, answer: AppendAnswer): void {
  switch (answer.outcome) {
    case 'success':
      return reply(null, succeeded(answer));
    case 'conflict':
      return reply(null, conflicted(request, answer.actual));
    case 'deleted':
      return reply(failures.streamDeleted(request.stream));
    case 'timeout':
      return reply(failures.timeout());
    case 'unknown':
      return reply(failures.unknown('Unexpected OperationResult: Unknown'));
    case 'access_denied':
      return reply(failures.accessDenied());
    case 'not_ready':
      return reply(failures.notReady());
    case 'busy':
      return reply(failures.busy());
    case 'not_leader':
      return reply(failures.notLeader(answer.leader));
    case 'silence':
      return;
  }
}

function succeeded({ revision, position }: Extract<AppendAnswer, { outcome: 'success' }>): streams.AppendResp {
  const success = new streams.AppendResp.Success();
  if (revision === undefined) success.setNoStream(new shared.Empty());
  else success.setCurrentRevision(String(revision));
  if (position === undefined) success.setNoPosition(new shared.Empty());
  else {
    const at = new streams.AppendResp.Position();
    at.setCommitPosition(String(position));
    at.setPreparePosition(String(position));
    success.setPosition(at);
  }
  const message = new streams.AppendResp();
  message.setSuccess(success);
  return message;
}

/** A conflict is a regular answer here, and only here. */
function conflicted({ expected }: WireAppend, actual: bigint | undefined): streams.AppendResp {
  const conflict = new streams.AppendResp.WrongExpectedVersion();
  if (actual === undefined) conflict.setCurrentNoStream(new shared.Empty());
  else conflict.setCurrentRevision(String(actual));
  if (expected === 'any') conflict.setExpectedAny(new shared.Empty());
  else if (expected === 'stream_exists') conflict.setExpectedStreamExists(new shared.Empty());
  else if (expected === 'no_stream') conflict.setExpectedNoStream(new shared.Empty());
  else conflict.setExpectedRevision(String(expected));
  const message = new streams.AppendResp();
  message.setWrongExpectedVersion(conflict);
  return message;
}

function expectationOf(options: streams.AppendReq.Options): WireExpectation {
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasStreamExists()) return 'stream_exists';
  return options.hasAny() ? 'any' : BigInt(options.getRevision());
}
