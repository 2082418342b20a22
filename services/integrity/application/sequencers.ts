import type { ProviderLogs } from './provider-logs.ts';
import { Sequencer, type SequencerOptions, type SequencerStatus } from './sequencer.ts';

/** A sequencer for every log, also for those that are opened while it runs. */
export class Sequencers {
  readonly #logs: ProviderLogs;
  readonly #options: SequencerOptions;
  readonly #sequencers = new Map<string, Sequencer>();
  #forget: (() => void) | undefined;

  constructor(logs: ProviderLogs, options: SequencerOptions) {
    this.#logs = logs;
    this.#options = options;
  }

  start(): void {
    this.#forget ??= this.#logs.onKnown((log) => {
      const sequencer = new Sequencer(log, this.#options);
      this.#sequencers.set(log.slug, sequencer);
      sequencer.start();
    });
  }

  statuses(): SequencerStatus[] {
    return [...this.#sequencers.values()].map(({ status }) => status);
  }

  /** Resolves when no sequencer writes any more. */
  async stop(): Promise<void> {
    this.#forget?.();
    await Promise.all([...this.#sequencers.values()].map((sequencer) => sequencer.stop()));
  }
}
