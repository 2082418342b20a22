import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import type { DoubleCore } from './double-core.ts';
import { streams } from './generated.ts';
import { streamNameOf } from './messages.ts';
import { type CallFailure, failures } from './statuses.ts';
import type { WireExpectation } from './wire-event.ts';

type DeleteCall = ServerUnaryCall<streams.DeleteReq, streams.DeleteResp>;
type TombstoneCall = ServerUnaryCall<streams.TombstoneReq, streams.TombstoneResp>;
type Options = streams.DeleteReq.Options | streams.TombstoneReq.Options;

/** Streams.Delete: hides the events of a stream, which can be written again. */
export function deleteStream(core: DoubleCore): (call: DeleteCall, reply: sendUnaryData<streams.DeleteResp>) => void {
  return (call, reply) => {
    core.gate.pass(() => {
      const outcome = remove(core, call.request.getOptions(), 'Delete');
      if (typeof outcome !== 'bigint') return reply(outcome);
      const position = new streams.DeleteResp.Position();
      position.setCommitPosition(String(outcome));
      position.setPreparePosition(String(outcome));
      const answer = new streams.DeleteResp();
      answer.setPosition(position);
      reply(null, answer);
    });
  };
}

/** Streams.Tombstone: ends a stream for ever. */
export function tombstoneStream(core: DoubleCore): (call: TombstoneCall, reply: sendUnaryData<streams.TombstoneResp>) => void {
  return (call, reply) => {
    core.gate.pass(() => {
      const outcome = remove(core, call.request.getOptions(), 'Tombstone');
      if (typeof outcome !== 'bigint') return reply(outcome);
      const position = new streams.TombstoneResp.Position();
      position.setCommitPosition(String(outcome));
      position.setPreparePosition(String(outcome));
      const answer = new streams.TombstoneResp();
      answer.setPosition(position);
      reply(null, answer);
    });
  };
}

function remove(core: DoubleCore, options: Options | undefined, operation: 'Delete' | 'Tombstone'): bigint | CallFailure {
  if (!core.ready) return failures.notReady();
  const stream = streamNameOf(options?.getStreamIdentifier());
  if (options === undefined || stream === '') return failures.badRequest();
  const expected = expectationOf(options);
  const answer = operation === 'Delete' ? core.log.softDelete(stream, expected) : core.log.tombstone(stream, expected);
  if (answer.outcome === 'deleted') return failures.streamDeleted(stream);
  if (answer.outcome === 'conflict') return failures.wrongExpectedVersion('Delete', stream, expected, answer.actual);
  return answer.outcome === 'success' ? (answer.position ?? 0n) : failures.unknown('Unexpected OperationResult');
}

function expectationOf(options: Options): WireExpectation {
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasStreamExists()) return 'stream_exists';
  return options.hasAny() ? 'any' : BigInt(options.getRevision());
}
