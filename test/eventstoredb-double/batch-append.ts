import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { AppendAnswer, DoubleCore } from './double-core.ts';
import { empty, shared, streams } from './generated.ts';
import { disconnectCall, resetCall } from './http2-call.ts';
import { eventOf, streamNameOf } from './messages.ts';
import { appendBytesMax, batchStatuses, type CallFailure, failures, identifierOf } from './statuses.ts';
import type { WireEvent, WireExpectation } from './wire-event.ts';

type Call = ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>;

/** An append whose messages still come in. */
interface Pending {
  readonly correlation: shared.UUID | undefined;
  readonly stream: string;
  readonly expected: WireExpectation;
  readonly events: WireEvent[];
  bytes: number;
  readonly timer: NodeJS.Timeout | undefined;
}

/** The server caps the time for the messages of one append, whatever the client's deadline says. */
const collectMsMax = 2000;
const protocolError = 1;

/** Streams.BatchAppend: one long-lived call, whose appends are matched by correlation id. */
export function batchAppend(core: DoubleCore, disconnect: (port: number) => void): (call: Call) => void {
  return (call) => {
    const pending = new Map<string, Pending>();
    core.track(call);
    const { generation } = core;
    call.on('data', (request: streams.BatchAppendReq) => {
      // What was on its way to a server that is dead by now is lost.
      if (generation === core.generation) receive({ core, disconnect, call, pending }, request);
    });
    call.on('end', () => call.end());
    call.on('close', () => {
      for (const { timer } of pending.values()) clearTimeout(timer);
    });
  };
}

interface Batch {
  readonly core: DoubleCore;
  readonly disconnect: (port: number) => void;
  readonly call: Call;
  readonly pending: Map<string, Pending>;
}

function receive(batch: Batch, request: streams.BatchAppendReq): void {
  const id = request.getCorrelationId()?.getString() ?? '';
  const options = request.getOptions();
  if (options !== undefined) begin(batch, request, options);
  const append = batch.pending.get(id);
  if (append === undefined) return; // Refused already, or timed out.
  for (const message of request.getProposedMessagesList()) {
    const event = eventOf(message);
    if (event === undefined) return refuse(batch, id, batchStatuses.badRequest());
    append.events.push(event);
    append.bytes += event.data.length;
  }
  if (append.stream === '') return refuse(batch, id, batchStatuses.badRequest());
  if (append.bytes > appendBytesMax) return refuse(batch, id, batchStatuses.tooLarge());
  if (request.getIsFinal()) finish(batch, id, append);
}

function begin(batch: Batch, request: streams.BatchAppendReq, options: streams.BatchAppendReq.Options): void {
  const correlation = request.getCorrelationId();
  const id = correlation?.getString() ?? '';
  const stream = streamNameOf(options.getStreamIdentifier());
  const timedOut = () => refuse(batch, id, batchStatuses.timeout());
  // An absolute time by the client's clock: a client that is far behind has no time at all.
  const deadlineMs = (options.getDeadline()?.toDate().getTime() ?? Infinity) - batch.core.log.nowMs;
  const timer = request.getIsFinal() ? undefined : setTimeout(timedOut, Math.max(0, Math.min(deadlineMs, collectMsMax))).unref();
  batch.pending.set(id, { correlation, stream, expected: expectationOf(options), events: [], bytes: 0, timer });
  if (deadlineMs <= 0) timedOut();
}

function refuse(batch: Batch, id: string, error: ReturnType<typeof batchStatuses.timeout>): void {
  const append = batch.pending.get(id);
  if (append === undefined) return;
  clearTimeout(append.timer);
  batch.pending.delete(id);
  batch.core.gate.pass(() => batch.call.write(failed(append, error)));
}

function finish({ core, disconnect, call, pending }: Batch, id: string, append: Pending): void {
  clearTimeout(append.timer);
  pending.delete(id);
  const { stream, expected, events } = append;
  core.append(
    { stream, expected, events },
    {
      answer: (answer) => {
        const message = messageOf(append, answer);
        if (message === undefined || call.destroyed || call.writableEnded) return;
        if (message instanceof streams.BatchAppendResp) call.write(message);
        else call.emit('error', message);
      },
      halfClose: () => call.end(),
      reset: () => resetCall(call, protocolError),
      disconnect: () => disconnectCall(call, disconnect),
    },
  );
}

/** The answer inside the stream, or the failure that ends the whole stream, or undefined for no answer at all. */
function messageOf(append: Pending, answer: AppendAnswer): streams.BatchAppendResp | CallFailure | undefined {
  switch (answer.outcome) {
    case 'success':
      return succeeded(append, answer);
    case 'conflict':
      return failed(append, batchStatuses.wrongExpectedVersion(append.expected, answer.actual));
    case 'deleted':
      return failed(append, batchStatuses.streamDeleted(append.stream));
    case 'timeout':
      return failed(append, batchStatuses.timeout());
    case 'unknown':
      return failed(append, batchStatuses.unknown());
    case 'access_denied':
      return failed(append, batchStatuses.accessDenied());
    case 'not_ready':
      return failed(append, batchStatuses.notReady());
    case 'busy':
      return failed(append, batchStatuses.busy());
    case 'not_leader':
      return failures.notLeader(answer.leader);
    case 'silence':
      return undefined;
  }
}

function succeeded(append: Pending, { revision, position }: Extract<AppendAnswer, { outcome: 'success' }>): streams.BatchAppendResp {
  const success = new streams.BatchAppendResp.Success();
  if (revision === undefined) success.setNoStream(new empty.Empty());
  else success.setCurrentRevision(String(revision));
  if (position === undefined) success.setNoPosition(new empty.Empty());
  else {
    const at = new shared.AllStreamPosition();
    at.setCommitPosition(String(position));
    at.setPreparePosition(String(position));
    success.setPosition(at);
  }
  const message = answerTo(append);
  message.setSuccess(success);
  return message;
}

function failed(append: Pending, error: ReturnType<typeof batchStatuses.timeout>): streams.BatchAppendResp {
  const message = answerTo(append);
  message.setError(error);
  return message;
}

function answerTo({ correlation, stream }: Pending): streams.BatchAppendResp {
  const message = new streams.BatchAppendResp();
  message.setCorrelationId(correlation);
  message.setStreamIdentifier(identifierOf(stream));
  return message;
}

function expectationOf(options: streams.BatchAppendReq.Options): WireExpectation {
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasStreamExists()) return 'stream_exists';
  return options.hasAny() ? 'any' : BigInt(options.getStreamPosition());
}
