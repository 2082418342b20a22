import type { EventStore, StoredEvent } from '../../event-store/domain/event-store.ts';
import { UnknownOutcomeFault } from '../../event-store/domain/faults.ts';
import { ledgerEventOf } from '../../event-store/domain/ledger-event.ts';
import { leafOf } from '../../integrity/domain/leaf.ts';
import type { CommandAnswer, Outcome } from './answer.ts';
import type { Envelope } from './envelope.ts';
import { keyReused } from './execution-rejections.ts';
import type { LogOrigins, ReceiptIssuer } from './receipts.ts';

export interface StoredAnswersOptions {
  readonly store: EventStore;
  readonly receipts: ReceiptIssuer;
  readonly origins: LogOrigins;
}

/** Where the events of a command stand in their stream. */
export interface StoredRange {
  readonly firstRevision: bigint;
  readonly lastRevision: bigint;
}

/** Rebuilds the answer of a command from its stored events. Nothing is kept beside them. */
export class StoredAnswers {
  readonly #options: StoredAnswersOptions;

  constructor(options: StoredAnswersOptions) {
    this.#options = options;
  }

  async answer(
    { stream, envelope }: { readonly stream: string; readonly envelope: Envelope },
    range: StoredRange,
  ): Promise<Outcome<never>> {
    const { receipts, origins } = this.#options;
    const events = (await this.#eventsOf(stream, range)).map((event) => ({ event, decoded: ledgerEventOf(event) }));
    const last = events.at(-1);
    if (last?.decoded === undefined) throw new UnknownOutcomeFault(`The events of command ${envelope.commandId} cannot be read back.`);
    const { event, decoded } = last;
    if (decoded.body.command === envelope.commandId && decoded.body.fingerprint !== envelope.fingerprint) return keyReused(envelope);
    const origin = await origins.originOf(envelope.provider, event.position);
    const receipt = await receipts.issue({
      ...{ provider: envelope.provider, origin },
      id: event.id,
      stream,
      revision: event.revision,
      leaf: leafOf(origin, event).hash,
      at: decoded.at,
    });
    const answer: CommandAnswer = {
      stream,
      revision: event.revision,
      position: event.position,
      events: events.map(({ event: { id, type, revision }, decoded: read }) => ({ id, type, revision, data: read?.fin ?? {} })),
      receipt,
      replayed: true,
    };
    return { kind: 'accepted', answer };
  }

  async #eventsOf(stream: string, { firstRevision, lastRevision }: StoredRange): Promise<readonly StoredEvent[]> {
    const stored: StoredEvent[] = [];
    const maxCount = Number(lastRevision - firstRevision) + 1;
    for await (const event of this.#options.store.readStream(stream, { fromRevision: firstRevision, maxCount })) stored.push(event);
    return stored;
  }
}
