import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../commands/application/clock.ts';
import { envelopeOf } from '../../commands/application/envelope.ts';
import type { OrphanSweep } from './orphan-sweep.ts';
import { duePerPlanMax, type RetentionRuns } from './retention-runs.ts';

/** The providers that have a log, as far as this process knows. */
export interface ProvidersWithLogs {
  known(): readonly { readonly slug: string }[];
}

export interface PrivacyUpkeepParts {
  readonly runs: RetentionRuns;
  readonly sweep: OrphanSweep;
  readonly providers: ProvidersWithLogs;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

/** A process that is restarted every hour does its round too. */
const firstPauseMs = 60_000;
const pauseMs = 3_600_000;

/**
 * Once an hour: a run of each provider's schedule unless there was one today, and a sweep of the vault. Several processes may do so at once:
 * the day is part of the run's key, so that one of them plans it.
 */
export class PrivacyUpkeep {
  readonly #parts: PrivacyUpkeepParts;
  #abort = new AbortController();
  #running: Promise<void> | undefined;

  constructor(parts: PrivacyUpkeepParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#abort = new AbortController();
    this.#running = this.#run(this.#abort.signal);
  }

  /** Ends after the provider in hand. May be repeated. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  /** One round. What fails for one provider keeps nothing from the others. */
  async round(signal: AbortSignal = this.#abort.signal): Promise<void> {
    const { providers, sweep, clock, onFailure } = this.#parts;
    for (const { slug } of providers.known()) {
      if (signal.aborted) return;
      await this.#keepSchedule(slug, signal).catch(onFailure);
    }
    if (!signal.aborted) await sweep.run(clock.now()).catch(onFailure);
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let ms = firstPauseMs; !signal.aborted; ms = pauseMs) {
      await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
      if (!signal.aborted) await this.round(signal);
    }
  }

  async #keepSchedule(provider: string, signal: AbortSignal): Promise<void> {
    const { runs, clock } = this.#parts;
    const day = clock.now().slice(0, 10);
    for (let part = 0; !signal.aborted; part++) {
      const state = await runs.current(provider);
      if (state.status === 'none' || (part === 0 && state.plan === undefined && state.lastRun?.asOf.slice(0, 10) === day)) return;
      const key = `run:${day}:${part}`;
      const actor = { id: 'process:retention', type: 'process' } as const;
      const outcome = await runs.run(envelopeOf({ provider, actor, key, command: 'RunRetention', body: { day, part: part.toString() } }));
      const due = outcome.kind === 'accepted' ? (outcome.answer.events[0]?.data as { readonly due: readonly object[] }).due : [];
      if (due.length < duePerPlanMax) return;
    }
  }
}
