import type { ChainRpc } from './chain-rpc.ts';
import type { ChainStateFile } from './chain-state-file.ts';

const tickMs = 500;

/**
 * Lets transactions of the local chain become final. `finalized` is two blocks behind the head and an idle chain mines none, so an empty
 * block is mined at each tick, but only while a transaction waits (each block makes the state file grow), and only once the kept copy of
 * the state holds that transaction: then what was called final is still there after a kill -9.
 */
export class ChainFinaliser {
  private readonly rpc: ChainRpc;
  private readonly state: ChainStateFile;
  private readonly revive: () => Promise<void>;
  /** All blocks up to this one have been looked at. */
  private seen = -1;
  private lastWithTransactions = 0;
  private timer: NodeJS.Timeout | undefined;
  private ticking: Promise<void> = Promise.resolve();

  /** `revive` is called when the chain does not answer; it starts it again if it has ended. */
  constructor(rpc: ChainRpc, state: ChainStateFile, revive: () => Promise<void>) {
    this.rpc = rpc;
    this.state = state;
    this.revive = revive;
  }

  start(): void {
    this.timer = setTimeout(() => {
      this.ticking = this.tick().finally(() => {
        if (this.timer !== undefined) this.start();
      });
    }, tickMs);
    this.timer.unref();
  }

  /** Returns when nothing is under way any more. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.ticking;
  }

  private async tick(): Promise<void> {
    try {
      const head = (await this.rpc.block('latest')).number;
      const finalised = (await this.rpc.block('finalized')).number;
      await this.look(finalised, head);
      if (this.state.lastBlockKept < head) this.state.keep();
      const waits = this.lastWithTransactions > finalised;
      if (waits && this.state.lastBlockKept >= this.lastWithTransactions) await this.rpc.mine();
    } catch {
      await this.revive().catch(() => undefined); // Whoever uses the chain reports that it is away; the next tick tries again.
    }
  }

  private async look(finalised: number, head: number): Promise<void> {
    if (head < this.seen) this.seen = -1; // The chain went back: it was started again, or reorganised.
    for (let number = Math.max(this.seen, finalised) + 1; number <= head; number += 1) {
      if ((await this.rpc.block(number)).transactions > 0) this.lastWithTransactions = number;
      this.seen = number;
    }
  }
}
