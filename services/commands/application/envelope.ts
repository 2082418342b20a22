import { hash } from 'node:crypto';
import { canonicalJson, type Json } from '../../event-store/domain/canonical-json.ts';
import { commandIdOf } from './command-id.ts';

export interface Actor {
  readonly id: string;
  readonly type: 'api_key' | 'operator' | 'process';
}

/** What surrounds every command: who asks, on whose behalf, and how a repeat is recognised. */
export interface Envelope {
  readonly provider: string;
  readonly actor: Actor;
  /** UUIDv5 of provider, principal and Idempotency-Key. */
  readonly commandId: string;
  /** SHA-256 of the canonical command (name, target, body), hex: tells a repeat from a reused key. */
  readonly fingerprint: string;
  readonly correlationId: string;
  readonly causationId?: string;
  /** From If-Match: the aggregate must be at this revision. */
  readonly expectedRevision?: bigint;
  /** Milliseconds of the process clock (performance.now) after which no further attempt begins. */
  readonly deadline: number;
}

export interface EnvelopeSource {
  readonly provider: string;
  readonly actor: Actor;
  readonly key: string;
  readonly command: string;
  /** The parsed body with the target's id: what a repeat must repeat. */
  readonly body: Json;
  readonly causationId?: string;
  readonly correlationId?: string;
  readonly expectedRevision?: bigint;
  /** How long the command may be tried, in milliseconds. */
  readonly patienceMs?: number;
}

const patienceMsDefault = 10_000;

export function envelopeOf(source: EnvelopeSource): Envelope {
  const { provider, actor, key } = source;
  const commandId = commandIdOf({ provider, principal: actor.id, key });
  return {
    provider,
    actor,
    commandId,
    fingerprint: hash('sha256', canonicalJson({ body: source.body, command: source.command }), 'hex'),
    correlationId: source.correlationId ?? commandId,
    ...(source.causationId !== undefined && { causationId: source.causationId }),
    ...(source.expectedRevision !== undefined && { expectedRevision: source.expectedRevision }),
    deadline: performance.now() + (source.patienceMs ?? patienceMsDefault),
  };
}
