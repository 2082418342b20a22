import { setTimeout as sleep } from 'node:timers/promises';
import type { ChainAccess } from '../../../chain/chain-access.ts';
import {
  ChainFault,
  ChainKeyFault,
  ChainRefusedFault,
  ChainUnavailableFault,
  FeesTooHighFault,
  UnfundedFault,
} from '../../../chain/application/chain-faults.ts';
import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { HeldLock, SequencerLock } from '../../../integrity/application/sequencer-lock.ts';
import { isRetryable } from '../../../read-store/database-away.ts';
import { operationOf } from '../../domain/dispatch.events.ts';
import { dispatch } from '../../domain/dispatch.ts';
import type { DispatchSender, SendingPlace } from './dispatch-sender.ts';
import { KeyReconciliation, type KeyReconciliationOptions } from './key-reconciliation.ts';
import type { OpenDispatch, OpenDispatches } from './open-dispatches.ts';
import { roleOf, type SenderKeys } from './sender-keys.ts';
import type { SendingAlarm, SendingAlarmCode } from './sending-status.ts';
import { dispatchStream } from './sending-streams.ts';

export interface SettlementSenderOptions extends KeyReconciliationOptions {
  readonly chains: readonly ChainAccess[];
  readonly open: OpenDispatches;
  readonly executor: CommandExecutor;
  readonly keys: SenderKeys;
  readonly sender: DispatchSender;
  readonly lock: SequencerLock;
  /** Asked, as often as keys are compared, for what time has made due. */
  readonly dues?: readonly DueRounds[];
  readonly pollMs: number;
}

/** Orders and alarms of which nothing but time is the cause. */
export interface DueRounds {
  /** What is due, once. Safe to repeat. */
  round(): Promise<void>;
}

/** A second copy that comes while a first one works would do no harm; it waits, so that no call is made twice. */
const lockName = 'settlement-sender';

/** Brings everything that was ordered onto its chain, for as long as it runs. What stops one key stops no other. */
export class SettlementSender {
  readonly #options: SettlementSenderOptions;
  readonly #reconciliation: KeyReconciliation;
  readonly #stopping = new AbortController();
  #orderedDueAt = 0;
  #running: Promise<void> | undefined;

  constructor(options: SettlementSenderOptions) {
    this.#options = options;
    this.#reconciliation = new KeyReconciliation(options);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is signed or sent any more. What is under way goes on after the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** Everything once. */
  async round(): Promise<void> {
    for (const chain of this.#options.chains) {
      try {
        await this.#onChain(chain);
        await this.#reconciliation.compareNext(chain); // Behind what is due.
      } catch (error) {
        this.#tell(chain.chainId, error);
      }
    }
    await this.#orderDue();
  }

  async #orderDue(): Promise<void> {
    const { dues = [], reconcileMs, chains } = this.#options;
    if (Date.now() - this.#orderedDueAt < reconcileMs) return;
    this.#orderedDueAt = Date.now();
    for (const due of dues) {
      try {
        await due.round();
      } catch (error) {
        this.#tell(chains[0]?.chainId ?? '', error); // The others go on.
      }
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { lock, pollMs } = this.#options;
    while (!signal.aborted) {
      const held = await lock.tryAcquire(lockName).catch(() => undefined);
      if (held !== undefined) await this.#whileHeld(held);
      await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #whileHeld(held: HeldLock): Promise<void> {
    const { signal } = this.#stopping;
    let isLost = false;
    void held.lost.then(() => (isLost = true));
    while (!signal.aborted && !isLost) {
      await this.round();
      await sleep(this.#options.pollMs, undefined, { signal }).catch(() => undefined);
    }
    await held.release();
  }

  async #onChain(chain: ChainAccess): Promise<void> {
    const { open, sender } = this.#options;
    for (const { place, dispatches } of await this.#byKey(chain, await open.on(chain.chainId))) {
      try {
        await this.#reconciliation.compare(place);
        await sender.tend(place);
        await this.#advance(place, dispatches);
      } catch (error) {
        this.#tell(chain.chainId, error, place.queue.key.address);
      }
    }
  }

  /** What keeps one of them keeps none behind it, unless it keeps all: a refund that the key cannot pay may be the only dear one. */
  async #advance(place: SendingPlace, dispatches: readonly OpenDispatch[]): Promise<void> {
    const told = new Set<string>();
    for (const each of dispatches) {
      try {
        await this.#options.sender.advance(each, place);
      } catch (error) {
        if (keepsAll(error)) throw error;
        if (!told.has(codeOf(error))) this.#tell(place.chainId, error, place.queue.key.address);
        told.add(codeOf(error));
      }
    }
  }

  async #byKey(
    chain: ChainAccess,
    found: readonly OpenDispatch[],
  ): Promise<{ readonly place: SendingPlace; readonly dispatches: OpenDispatch[] }[]> {
    const { executor, keys } = this.#options;
    const byAddress = new Map<string, { place: SendingPlace; dispatches: OpenDispatch[] }>();
    for (const each of found) {
      try {
        const state = await executor.current(dispatch, dispatchStream(each.provider, each.id), each.provider);
        if (state.status !== 'sending') continue;
        const signer = await keys.signerOf(roleOf[operationOf(state.order)], each.provider, chain.chainId);
        const place = { node: chain.node, chainId: chain.chainId, queue: chain.queueOf(signer) };
        const known = byAddress.get(signer.address) ?? { place, dispatches: [] };
        known.dispatches.push(each);
        byAddress.set(signer.address, known);
      } catch (error) {
        if (isLedgerAway(error)) throw error;
        this.#tell(chain.chainId, error); // The other keys go on.
      }
    }
    return [...byAddress.values()];
  }

  #tell(chainId: string, error: unknown, address?: string): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#alarm({ chainId, ...(address !== undefined && { address }), code: codeOf(error), message });
  }

  #alarm(alarm: SendingAlarm): void {
    this.#options.onAlarm(alarm);
  }
}

/** Nothing else of the key would get through either. */
function keepsAll(error: unknown): boolean {
  if (error instanceof ChainRefusedFault || error instanceof UnfundedFault) return false;
  return error instanceof ChainFault || error instanceof ChainKeyFault || isLedgerAway(error);
}

function isLedgerAway(error: unknown): boolean {
  return !(error instanceof ChainFault) && isRetryable(error);
}

function codeOf(error: unknown): SendingAlarmCode {
  if (error instanceof ChainKeyFault) return 'key_unusable';
  if (error instanceof UnfundedFault) return 'unfunded';
  if (error instanceof FeesTooHighFault) return 'fees_high';
  if (error instanceof ChainUnavailableFault) return 'chain_away';
  return error instanceof ChainFault ? 'refused' : 'ledger_away';
}
