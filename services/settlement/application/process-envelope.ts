import { type Envelope, envelopeOf } from '../../commands/application/envelope.ts';
import type { Json } from '../../event-store/domain/canonical-json.ts';
import type { LedgerEvent } from '../../event-store/domain/ledger-event.ts';

/** A process that follows the log has nobody who waits for its answer. */
const patienceMs = 60_000;

/** Surrounds what a process commands because of an event: the same event and command are the same request, however often it is handled. */
export function processEnvelope(process: string, cause: LedgerEvent, command: string, body: Json = { cause: cause.id }): Envelope {
  return envelopeOf({
    provider: cause.provider,
    actor: { id: `process:${process}`, type: 'process' },
    key: `${command}:${cause.id}`,
    command,
    body,
    causationId: cause.id,
    correlationId: cause.body.correlation,
    patienceMs,
  });
}
