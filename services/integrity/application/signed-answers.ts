import { setTimeout as sleep } from 'node:timers/promises';
import { canonicalJson, type Json } from '../../event-store/domain/canonical-json.ts';
import type { EventStore } from '../../event-store/domain/event-store.ts';
import { prefixOf } from '../../event-store/domain/stream-name.ts';
import { answerText } from '../domain/answer.ts';
import type { LeafStore } from './leaf-store.ts';
import type { ProviderLogs } from './provider-logs.ts';
import type { ReceiptSigner } from './receipt-signer.ts';

/** A value that whoever asked can hold against the operator. */
export interface SignedAnswer {
  /** Canonical JSON. */
  readonly value: string;
  /** It takes into account the leaves below this size, and no other. */
  readonly asOfSize: string;
  /** Signed note over origin, size and value. */
  readonly note: string;
}

export interface SignedAnswersOptions {
  readonly store: EventStore;
  readonly leaves: LeafStore;
  readonly logs: ProviderLogs;
  readonly signer: ReceiptSigner;
}

const patienceMs = 3_000;
const pollMs = 20;

/** Signs what a read model says, as of a size of the log: a projection that lies signs the evidence. */
export class SignedAnswers {
  readonly #options: SignedAnswersOptions;

  constructor(options: SignedAnswersOptions) {
    this.#options = options;
  }

  /** `position` is what the read model had taken in. Undefined while the events up to there are not all leaves yet. */
  async sign(log: string, value: Json, position: bigint): Promise<SignedAnswer | undefined> {
    const asOfSize = await this.#sizeAt(log, position);
    if (asOfSize === undefined) return undefined;
    const { logs, signer } = this.#options;
    const [origin, receipts] = [await logs.originOf(log), await signer.signerOf(log)];
    const text = canonicalJson(value);
    return { value: text, asOfSize: asOfSize.toString(), note: receipts.sign(answerText(origin, asOfSize, text)) };
  }

  /** How many leaves the events up to a position are. A sequencer that is behind is waited for. */
  async #sizeAt(log: string, position: bigint): Promise<bigint | undefined> {
    for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await sleep(pollMs)) {
      const edge = await this.#options.leaves.edgeAt(log, position);
      if (edge === undefined) continue;
      if (edge.treePosition >= position || !(await this.#hasEventBetween(log, edge.treePosition, position))) return edge.size;
    }
    return undefined;
  }

  /** A tree's own position may lag behind events of other providers, which are no leaves of it. */
  async #hasEventBetween(log: string, after: bigint, upTo: bigint): Promise<boolean> {
    const filter = { streamPrefixes: [prefixOf(log)] };
    for await (const event of this.#options.store.readAll({ ...(after > 0n && { fromPosition: after }), filter, maxCount: 2 }))
      if (event.position > after) return event.position <= upTo;
    return false;
  }
}
