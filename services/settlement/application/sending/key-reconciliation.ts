import { ChainKeyFault } from '../../../chain/application/chain-faults.ts';
import type { ChainAccess } from '../../../chain/chain-access.ts';
import type { TransactionQueue } from '../../../chain/application/transaction-queue.ts';
import { senderRoles, type SenderKeys, type SenderRole } from './sender-keys.ts';
import type { SendingAlarm } from './sending-status.ts';

export interface KeyReconciliationOptions {
  readonly keys: Pick<SenderKeys, 'existing'>;
  /** Slugs of all that are known when it is asked. */
  readonly providers: () => Iterable<string>;
  /** Between two comparisons of a key. */
  readonly reconcileMs: number;
  /** So many keys that have nothing to send are asked for in a round on a chain: with many providers, a minute becomes several. */
  readonly idlePerRoundMax: number;
  /** For how many more transactions the coins of a key should be enough. */
  readonly affordableMin: bigint;
  readonly onAlarm: (alarm: SendingAlarm) => void;
}

interface Place {
  readonly chainId: string;
  readonly queue: TransactionQueue;
}

interface Asked {
  readonly provider: string;
  readonly role: SenderRole;
}

/** One turn over all keys of a chain. */
interface Turn {
  readonly startedAt: number;
  readonly left: Asked[];
}

/**
 * Compares what the chain, its node and the store count of each key, and looks at its coins. Keys that have nothing to send are looked at
 * too: a stolen one sends whether we do or not, and an empty one should be filled before something is due. Nothing is remembered beyond
 * the process: a new one begins anew.
 */
export class KeyReconciliation {
  readonly #options: KeyReconciliationOptions;
  readonly #comparedAt = new Map<string, number>();
  readonly #turns = new Map<string, Turn>();
  /** A chain that does not answer is left alone until then. */
  readonly #restsUntil = new Map<string, number>();

  constructor(options: KeyReconciliationOptions) {
    this.#options = options;
  }

  /** At the first use of a key, and whenever its time is over. */
  async compare({ chainId, queue }: Place): Promise<void> {
    const { reconcileMs, affordableMin, onAlarm } = this.#options;
    const { address } = queue.key;
    const place = `${chainId} ${address}`;
    const at = this.#comparedAt.get(place);
    if (at !== undefined && Date.now() - at < reconcileMs) return;
    const { latest, pending, kept } = await queue.counts();
    const counted = `the chain counts ${latest} transactions, its node ${pending}, and ${kept} were signed here`;
    if (latest > kept || pending > kept) onAlarm({ chainId, address, code: 'key_foreign', message: `Somebody else sends: ${counted}.` });
    const more = await queue.affordable();
    if (more !== undefined && more < affordableMin)
      onAlarm({ chainId, address, code: 'funds_low', message: `Its coins are enough for ${more} more transactions.` });
    // A key that never sent may stay empty for ever. What it is asked to send one day says so itself.
    if (more === undefined && kept > 0n && (await queue.coins()) === 0n)
      onAlarm({ chainId, address, code: 'funds_low', message: 'It has no coins at all.' });
    this.#comparedAt.set(place, Date.now());
  }

  /**
   * The next few of all keys that exist already; who is last in line waits for the next rounds. A key that cannot be used is told of. Throws
   * what the node answered instead, and then leaves the chain alone for as long as between two comparisons.
   */
  async compareNext(chain: ChainAccess): Promise<void> {
    const { reconcileMs, idlePerRoundMax } = this.#options;
    const now = Date.now();
    if (now < (this.#restsUntil.get(chain.chainId) ?? 0)) return;
    const next = this.#turnOn(chain.chainId, now).left.splice(0, idlePerRoundMax);
    const looks = await Promise.allSettled(next.map((asked) => this.#compareIdle(asked, chain)));
    const failed = looks.find((look) => look.status === 'rejected');
    if (failed === undefined) return;
    this.#restsUntil.set(chain.chainId, now + reconcileMs);
    throw failed.reason;
  }

  async #compareIdle({ provider, role }: Asked, chain: ChainAccess): Promise<void> {
    const { keys, onAlarm } = this.#options;
    const { chainId } = chain;
    try {
      const signer = await keys.existing(role, provider, chainId);
      if (signer !== undefined) await this.compare({ chainId, queue: chain.queueOf(signer) });
    } catch (error) {
      if (!(error instanceof ChainKeyFault)) throw error;
      onAlarm({ chainId, code: 'key_unusable', message: error.message });
    }
  }

  /** A turn begins when the one before is through, and no sooner than a comparison may be made again. */
  #turnOn(chainId: string, now: number): Turn {
    const last = this.#turns.get(chainId);
    if (last !== undefined && (last.left.length > 0 || now - last.startedAt < this.#options.reconcileMs)) return last;
    const left = [...this.#options.providers()].flatMap((provider) => senderRoles.map((role) => ({ provider, role })));
    const turn = { startedAt: now, left };
    this.#turns.set(chainId, turn);
    return turn;
  }
}
