import type { Clock } from '../../../commands/application/clock.ts';
import type { GasCosts } from '../sending/gas-costs.ts';
import type { MandateDesk } from './mandate-desk.ts';
import { aboveLimit, limitsOf, type SpendingLimit } from '../sending/sending-limits.ts';
import type { SettlementChains } from '../settlement-chains.ts';

export interface PayerCollectionLimitOptions {
  readonly costs: Pick<GasCosts, 'since'>;
  readonly desk: Pick<MandateDesk, 'feePerGasOn'>;
  readonly chains: SettlementChains;
  readonly clock: Clock;
}

/**
 * Whether payers have ordered as many collections in a day as we pay the gas of, in all or for this account: whoever orders one can make it fail at our cost. It says so
 * before anything is decided; where many ask at once, the sender has the last word, since it alone sets aside what each may cost.
 */
export class PayerCollectionLimit {
  readonly #options: PayerCollectionLimitOptions;

  constructor(options: PayerCollectionLimitOptions) {
    this.#options = options;
  }

  /** Undefined while one more may be ordered. Throws chain faults. */
  async above(
    provider: string,
    { account, chainId }: { readonly account: string; readonly chainId: string },
  ): Promise<SpendingLimit | undefined> {
    const { costs, desk, chains, clock } = this.#options;
    const limits = limitsOf(chains.find(chainId));
    const feePerGas = await desk.feePerGasOn(chainId);
    return aboveLimit(costs, { provider, chainId, kind: 'payer-collect', account, feePerGas, limits, now: clock.now() });
  }
}
