import type { Pool } from 'pg';
import { HttpWitness, type WitnessAddress } from './adapters/witness/http.witness.ts';
import { PostgresCosignatureStore } from './adapters/postgres/postgres.cosignature-store.ts';
import type { CosignedHeads } from './application/cosignature-store.ts';
import type { HeadStore } from './application/head-store.ts';
import type { LeafStore } from './application/leaf-store.ts';
import { LogQuery } from './application/log-query.ts';
import type { WitnessSettings } from './application/witness-follower.ts';
import { Witnessing, type WitnessingOptions } from './application/witnessing.ts';

export interface OpenWitnessingOptions extends Pick<WitnessingOptions, 'onRetry'> {
  readonly pool: Pool;
  readonly leaves: LeafStore;
  readonly heads: HeadStore;
  readonly addresses: readonly WitnessAddress[];
  readonly settings?: Partial<WitnessSettings>;
}

const defaults: WitnessSettings = {
  intervalMsMin: 1_000,
  refreshMs: 600_000,
  answerMsMax: 5_000,
  backoffMsMin: 1_000,
  backoffMsMax: 60_000,
};

/** The parts of witnessing, put together: who shows heads to witnesses, and what readers are shown. Without witnesses both do nothing. */
export function openWitnessing({ pool, leaves, heads, addresses, settings, onRetry }: OpenWitnessingOptions): {
  readonly witnessing: Witnessing;
  readonly cosigned: CosignedHeads;
} {
  const store = new PostgresCosignatureStore(pool);
  const witnessing = new Witnessing({
    ...{ store, heads, query: new LogQuery(leaves, heads) },
    witnesses: addresses.map((address) => new HttpWitness(address)),
    settings: { ...defaults, ...settings },
    ...(onRetry && { onRetry }),
  });
  return { witnessing, cosigned: store };
}
