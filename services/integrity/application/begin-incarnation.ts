import { v5 as uuidv5 } from 'uuid';
import type { EventStore } from '../../event-store/domain/event-store.ts';
import { originAfter, policyAfter } from '../domain/incarnation.ts';
import { leafOf } from '../domain/leaf.ts';
import { policySigningText } from '../domain/log-policy.ts';
import { noteSigner } from '../domain/note.ts';
import { keyNameOf } from '../domain/origin.ts';
import type { SigningKey } from '../domain/signing-key.ts';
import { GrowingTree } from '../domain/tree/growing-tree.ts';
import { hashBytes } from '../domain/tree/node-hash.ts';
import type { TreeHead } from '../domain/tree-head.ts';
import { eventsFrom, genesisEventOf } from './genesis.ts';
import { numberOf } from './incarnations.ts';
import type { MirroredLog } from './mirrored-log.ts';
import type { ProviderLog } from './provider-logs.ts';
import type { RememberedHead } from './remembered-heads.ts';
import { type SystemLog, systemStream } from './system-log.ts';

/** No new incarnation is begun, and nothing was written. */
export class IncarnationRefusedFault extends Error {
  override readonly name = 'IncarnationRefusedFault';
  readonly retryable = false;
}

export interface IncarnationRequest {
  /** The log that ends. */
  readonly log: ProviderLog;
  /** Of the log that ends. */
  readonly recovery: SigningKey;
  /** What was shown of the log. */
  readonly remembered: readonly RememberedHead[];
  /** Names of those who froze the log: nobody can anchor it there any more, and what they hold may be a thief's. */
  readonly frozenBy: readonly string[];
  /** A copy of what was shown, where there is one: it knows every leaf, and not only some heads. */
  readonly mirrored?: MirroredLog | undefined;
}

export interface BegunIncarnation {
  readonly origin: string;
  /** Leaves of the log that ended which are gone on with, and the root of their tree. */
  readonly kept: TreeHead;
  /** Heads of which the store lacks leaves. */
  readonly ahead: readonly RememberedHead[];
}

/** Namespace of URLs, RFC 9562. */
const urlNamespace = '6ba7b811-9dad-11d1-80b4-00c04fd430c8';

const onlyBeginnings = 'A new incarnation goes on with a beginning of the log, and with nothing else.';

/**
 * Ends a log that lost leaves which were shown, or that a guardian froze, and begins the one that goes on with what is left: one genesis in the
 * system stream, under the signature of the recovery key of the log that ends (docs/decisions/0100-a-log-goes-on-under-the-same-slug.md).
 */
export class BeginIncarnation {
  readonly #store: EventStore;
  readonly #systemLog: SystemLog;

  /** Nobody else may write to the store meanwhile. */
  constructor(store: EventStore, systemLog: SystemLog) {
    this.#store = store;
    this.#systemLog = systemLog;
  }

  /** Durable when it resolves. Throws `IncarnationRefusedFault`. */
  async begin(request: IncarnationRequest): Promise<BegunIncarnation> {
    const { log, recovery } = request;
    const { vkey } = noteSigner(keyNameOf(log.origin, 'recovery'), recovery);
    if (vkey !== log.policy.recoveryVkey)
      throw new IncarnationRefusedFault(`This is not the recovery key of ${log.slug}: the log names ${log.policy.recoveryVkey}.`);
    const { mirrored } = request;
    const remembered = [...request.remembered, ...(mirrored === undefined ? [] : [{ ...mirrored.head, by: mirrored.name }])];
    const kept = await this.#compare({ ...request, remembered });
    const ahead = remembered.filter(({ size }) => size > kept.size);
    if (ahead.length === 0 && request.frozenBy.length === 0)
      throw new IncarnationRefusedFault(
        `The log of ${log.slug} lacks nothing of what was shown of it, and no chain has frozen it: start the service, it goes on as it is.`,
      );
    return { origin: await this.#append(request, kept), kept, ahead };
  }

  /** The tree of what the store holds, which everybody who was shown a part of it has seen so. */
  async #compare({ log, remembered, frozenBy, mirrored }: IncarnationRequest): Promise<TreeHead> {
    const tree = new GrowingTree();
    const shown = mirrored && leafHashesIn(mirrored);
    const genesis = await genesisEventOf(this.#store, log);
    if (genesis === undefined)
      throw new IncarnationRefusedFault(`The event store holds no genesis of ${log.slug}: nothing is left to go on with.`);
    for await (const event of eventsFrom(this.#store, log.slug, genesis.position)) {
      const { hash } = leafOf(log.origin, event);
      const { value: other = hash } = (await shown?.next()) ?? {};
      if (other !== hash)
        throw new IncarnationRefusedFault(
          `The event store holds another history than the one that was shown: leaf ${tree.size} is ${event.type} at ` +
            `${event.stream}@${event.revision} there, and another event in ${mirrored?.name}. ${onlyBeginnings}`,
        );
      tree.append(Buffer.from(hash, 'hex'));
      for (const { by, size, root } of remembered) {
        if (size !== tree.size || root === undefined || root.equals(tree.root()) || frozenBy.includes(by)) continue;
        throw new IncarnationRefusedFault(
          `The event store holds another history than the one that was shown: ${by} knows ${size} leaves of ${log.origin} with root ` +
            `${root.toString('hex')}, and the first ${size} events have root ${tree.root().toString('hex')}. ${onlyBeginnings}`,
        );
      }
    }
    return { size: tree.size, root: tree.root() };
  }

  async #append({ log, recovery }: IncarnationRequest, { size, root }: TreeHead): Promise<string> {
    const origin = originAfter(log.origin, numberOf(log));
    const place = { size: size.toString(), root: root.toString('hex'), lostFrom: size.toString() };
    const fin = policyAfter(log.policy, origin, { origin: log.origin, genesis: log.genesisHash, ...place });
    const signature = recovery.sign(policySigningText(fin)).toString('base64');
    // The id depends on what is begun alone: whoever is cut off and calls again meets his own genesis.
    const id = uuidv5(`tallyroot:genesis:1\n${systemStream(log.slug)}\n${origin}`, urlNamespace);
    const originAt = () => Promise.resolve(log.origin);
    await this.#systemLog.append({ slug: log.slug, origin, originAt, type: 'LogGenesis/1', fin: { ...fin, signature }, id });
    return origin;
  }
}

/** Hex, in order. */
async function* leafHashesIn(mirrored: MirroredLog): AsyncGenerator<string, undefined> {
  for await (const hashes of mirrored.hashes())
    for (let at = 0; at < hashes.length; at += hashBytes) yield hashes.toString('hex', at, at + hashBytes);
  return undefined;
}
