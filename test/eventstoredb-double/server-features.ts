import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import type { DoubleCore } from './double-core.ts';
import { features, type shared } from './generated.ts';
import { failures } from './statuses.ts';

const methods = ['append', 'batchappend', 'delete', 'read', 'tombstone'];

/** ServerFeatures.GetSupportedMethods, answered also while the server starts up. It is what turns BatchAppend on. */
export function supportedMethods(
  core: DoubleCore,
  version: string,
): (call: ServerUnaryCall<shared.Empty, features.SupportedMethods>, reply: sendUnaryData<features.SupportedMethods>) => void {
  return (_call, reply) => {
    core.gate.pass(() => {
      if (core.featureFaults.take('') !== undefined) return reply(failures.unknown('Unexpected failure'));
      const answer = new features.SupportedMethods();
      answer.setEventStoreServerVersion(version);
      answer.setMethodsList(methods.map(supported));
      reply(null, answer);
    });
  };
}

function supported(name: string): features.SupportedMethod {
  const method = new features.SupportedMethod();
  method.setServiceName('event_store.client.streams.streams');
  method.setMethodName(name);
  return method;
}
