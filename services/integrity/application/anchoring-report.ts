import type { AnchorCostStore, CostPeriod, DailyAnchorCost } from './anchor-costs.ts';
import type { Anchor, AnchorStore } from './anchor-store.ts';
import type { AnchoringStatusStore, ToldStatus } from './anchoring-status.ts';

export interface AnchoringReportOptions {
  readonly anchors: AnchorStore;
  readonly costs: AnchorCostStore;
  readonly statuses: AnchoringStatusStore;
}

/** A log on one chain, or its rounds. */
export interface ReportedPlace extends ToldStatus {
  /** The newest anchor in each state that it can be in on its way, newest first. */
  readonly anchors: readonly Anchor[];
}

/** What an operator asks about anchoring. Any process can answer: everything is read from the database. */
export class AnchoringReport {
  readonly #options: AnchoringReportOptions;

  constructor(options: AnchoringReportOptions) {
    this.#options = options;
  }

  /** How it goes with every log on every chain. */
  async places(): Promise<ReportedPlace[]> {
    const { anchors, statuses } = this.#options;
    const newest = await anchors.newestByState();
    return (await statuses.told()).map((told) => ({
      ...told,
      anchors: newest.filter(({ log, chainId, contract }) => log === told.log && `${chainId} ${contract}` === told.place),
    }));
  }

  costs(period: CostPeriod): Promise<DailyAnchorCost[]> {
    return this.#options.costs.byDay(period);
  }
}
