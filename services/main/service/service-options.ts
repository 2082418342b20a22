import type { Logger } from 'pino';
import type { WitnessAddress } from '../../integrity/adapters/witness/http.witness.ts';
import type { CheckoutLimits } from '../../settlement/application/checkout/checkout-limits.ts';
import type { ReconcilerSettings } from '../../settlement/application/reconciling/reconciler.ts';
import type { SettlementChain } from '../../settlement/application/settlement-chain.ts';
import type { ChainAccess } from '../integrity.ts';

export interface ServiceOptions {
  /** Of the service's role, on a migrated database. */
  readonly databaseUrl: string;
  /** Of an EventStoreDB that holds the events; absent: they lie in the database. */
  readonly eventStoreUrl?: string | undefined;
  /** Keys and tokens lie here. */
  readonly dataFolder: string;
  /** The keys outside the database that personal data lie under; absent: they are in the data folder. */
  readonly personalDataKeyFile?: string | undefined;
  /** The password of the keys that sign quotes, outside of the data folder; absent: it is made there. */
  readonly quotePasswordFile?: string | undefined;
  /** Where people reach the service; absent: on this machine, at the port that it listens on. */
  readonly publicOrigin?: string | undefined;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly logger: Logger;
  /** Absent: the ledger signs tree heads and anchors nothing, unless there are other chains. */
  readonly chain?: ChainAccess;
  /** Who cosigns the tree heads of every log; nobody when absent. */
  readonly witnesses?: readonly WitnessAddress[];
  readonly otherChains?: readonly ChainAccess[];
  /** Chains that providers are paid on. */
  readonly settlementChains?: readonly SettlementChain[];
  /** How often chains are compared with the books; each minute and daily when absent. */
  readonly reconciling?: Partial<ReconcilerSettings>;
  /** What the links of checkouts may ask for. */
  readonly checkoutLimits?: Partial<CheckoutLimits>;
  /** Which parts of the service this process runs; all when absent. The API is always there: it also answers for their health. */
  readonly roles?: readonly Role[];
}

/**
 * `projector`: read models and processes. `sequencer`: leaves and tree heads. `anchorer`: rounds and anchors. `watcher`: the chains that
 * providers are paid on. `sender`: what is ordered for chains.
 */
export type Role = 'projector' | 'sequencer' | 'anchorer' | 'watcher' | 'sender';

export const allRoles: readonly Role[] = ['projector', 'sequencer', 'anchorer', 'watcher', 'sender'];
