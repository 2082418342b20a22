import { type Envelope, envelopeOf } from '../../commands/application/envelope.ts';

/** A later step of a command on another stream: a command of its own, the same for the same cause. */
export function stepEnvelope(cause: Envelope, command: string, body: Readonly<Record<string, string>>, process = 'checkout'): Envelope {
  return envelopeOf({
    ...{ provider: cause.provider, actor: { id: `process:${process}`, type: 'process' }, command, body },
    key: `${command}:${cause.commandId}:${Object.values(body).join(':')}`,
    ...{ causationId: cause.commandId, correlationId: cause.correlationId },
  });
}
