import type { LogGuard } from '../../commands/application/log-guard.ts';
import type { PromisedEvent, Receipt, ReceiptIssuer } from '../../commands/application/receipts.ts';
import { type NoteSigner, noteSigner } from '../domain/note.ts';
import { keyNameOf } from '../domain/origin.ts';
import { type PromisedLeaf, promisesText, promiseText } from '../domain/promise.ts';
import { leafOfText } from '../domain/tree/node-hash.ts';
import { SmallTree } from '../domain/tree/small-tree.ts';
import { incarnationsOf } from './incarnations.ts';
import type { Keyring } from './keyring.ts';
import { type ProviderLogs, ProviderUnknownFault } from './provider-logs.ts';

/** What signing for a provider takes; loaded once. */
interface Desk {
  readonly origin: string;
  readonly mergeDelaySeconds: number;
  readonly signer: NoteSigner;
  /** Promises that wait for the flush at the end of this turn. */
  waiting: Waiting[];
}

interface Waiting {
  readonly promise: string;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Signs promises, many at once. A group commit of the store resolves all its callers in one turn of the event loop; all that they promise
 * in that turn becomes one small tree under one signature, which would cost 50 us for each of them alone.
 */
export class ReceiptSigner implements ReceiptIssuer {
  readonly #logs: ProviderLogs;
  readonly #keyring: Keyring;
  readonly #guard: LogGuard;
  /** By origin. Settled desks stand beside the pending ones, so that a known provider costs no turn. */
  readonly #desks = new Map<string, Desk>();
  readonly #opening = new Map<string, Promise<Desk>>();

  /** Nothing is signed for a log that the guard does not admit. */
  constructor(logs: ProviderLogs, keyring: Keyring, guard: LogGuard) {
    this.#logs = logs;
    this.#keyring = keyring;
    this.#guard = guard;
  }

  /** Only for an event that is durable, and from its stored bytes (integrity reference, section 7). */
  async issue({ provider, origin, ...event }: PromisedEvent): Promise<Receipt> {
    const admission = this.#guard.admit(provider);
    if (admission !== undefined) await admission;
    const desk = this.#desks.get(origin) ?? (await this.#open(provider, origin));
    return this.#enqueue(desk, { ...event, log: desk.origin, issued: event.at });
  }

  /** The signer of a provider's receipts and answers. */
  async signerOf(provider: string): Promise<NoteSigner> {
    await this.#guard.admit(provider);
    const origin = await this.#logs.originOf(provider);
    return (this.#desks.get(origin) ?? (await this.#open(provider, origin))).signer;
  }

  #enqueue(desk: Desk, leaf: PromisedLeaf): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      if (desk.waiting.length === 0) setImmediate(() => flush(desk));
      desk.waiting.push({ promise: promiseText(leaf, desk.mergeDelaySeconds), resolve, reject });
    });
  }

  #open(provider: string, origin: string): Promise<Desk> {
    let opening = this.#opening.get(origin);
    if (opening === undefined) {
      opening = this.#load(provider, origin);
      this.#opening.set(origin, opening);
      // A failure is not remembered: the key may be there at the next command.
      opening
        .then((desk) => this.#desks.set(origin, desk))
        .catch(() => undefined)
        .finally(() => this.#opening.delete(origin));
    }
    return opening;
  }

  /** The key that an earlier incarnation listed is asked for under that incarnation's name. */
  async #load(provider: string, origin: string): Promise<Desk> {
    const newest = await this.#logs.find(provider);
    const log = newest && incarnationsOf(newest).find((incarnation) => incarnation.origin === origin);
    if (log === undefined) throw new ProviderUnknownFault(provider);
    const { policy } = log;
    const held = (await this.#keyring.all(provider, 'receipts')).map((key) => noteSigner(keyNameOf(origin, 'receipts'), key));
    // A rotation lists the new key first.
    const [signer] = policy.receiptVkeys.flatMap((vkey) => held.find((candidate) => candidate.vkey === vkey) ?? []);
    if (signer === undefined) throw new Error(`No receipts key of ${provider} is one that its log lists.`);
    return { origin, mergeDelaySeconds: Number(policy.mergeDelaySeconds), signer, waiting: [] };
  }
}

function flush(desk: Desk): void {
  const waiting = desk.waiting;
  desk.waiting = [];
  try {
    const tree = new SmallTree(waiting.map(({ promise }) => leafOfText(promise)));
    // Neighbours share most of their paths: each node is written as text once.
    const texts = new Map<Buffer, string>();
    const note = desk.signer.sign(promisesText(desk.origin, tree.size, tree.root()));
    waiting.forEach(({ promise, resolve }, index) =>
      resolve({
        promise: Buffer.from(promise).toString('base64'),
        index: index.toString(),
        count: tree.size.toString(),
        path: tree.inclusionProof(index).map((hash) => textOf(hash, texts)),
        note,
      }),
    );
  } catch (error) {
    for (const { reject } of waiting) reject(error);
  }
}

function textOf(hash: Buffer, texts: Map<Buffer, string>): string {
  let text = texts.get(hash);
  if (text === undefined) texts.set(hash, (text = hash.toString('base64')));
  return text;
}
