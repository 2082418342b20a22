import type { ServerWritableStream } from '@grpc/grpc-js';
import type { DoubleCore } from './double-core.ts';
import type { ReadFault } from './faults.ts';
import type { streams } from './generated.ts';
import { type Encoded, encodeEvent, encodeStreamNotFound, streamNameOf } from './messages.ts';
import { ReadCall } from './read-call.ts';
import { recordsOf } from './read-range.ts';
import { type CallFailure, failures } from './statuses.ts';
import { subscribe } from './subscription.ts';

/** Streams.Read: a range of a stream or of the log, or a subscription. */
export function read(core: DoubleCore, disconnect: (port: number) => void): (call: ServerWritableStream<streams.ReadReq, Encoded>) => void {
  return (call) => {
    core.track(call);
    core.gate.pass(() => {
      const fault = core.readFaults.take(nameOf(call.request));
      const refused = core.ready ? refusalBy(fault) : failures.notReady();
      const reading = new ReadCall(call, { core, disconnect, fault: fault !== undefined && 'afterEvents' in fault ? fault : undefined });
      if (refused !== undefined) return reading.fail(refused);
      if (call.request.getOptions()?.hasSubscription() === true) subscribe(core, reading);
      else void readRange(core, reading);
    });
  };
}

async function readRange(core: DoubleCore, reading: ReadCall): Promise<void> {
  const records = recordsOf(core.log, reading.request);
  if (records === 'not_found') {
    reading.write(encodeStreamNotFound(nameOf(reading.request)));
    return reading.end();
  }
  if ('code' in records) return reading.fail(records);
  for (const record of records) {
    if (reading.congested) await reading.settled();
    if (reading.over) return;
    reading.writeEvent(encodeEvent(record));
  }
  reading.end();
}

function nameOf(request: streams.ReadReq): string {
  const stream = request.getOptions()?.getStream();
  return stream === undefined ? '$all' : streamNameOf(stream.getStreamIdentifier());
}

function refusalBy(fault: ReadFault | undefined): CallFailure | undefined {
  switch (fault?.fault) {
    case 'not_ready':
      return failures.notReady();
    case 'busy':
      return failures.busy();
    case 'not_leader':
      return failures.notLeader(fault.leader);
    case 'access_denied':
      return failures.accessDenied();
    case 'timeout':
      return failures.timeout();
    case 'reset':
    case 'disconnect':
    case 'stall':
    case undefined:
      return undefined;
  }
}
