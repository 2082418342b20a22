import type { StoredEvent } from '../../event-store/domain/event-store.ts';
import { mayGoOn } from '../domain/incarnation.ts';
import { isSignedForRecovery } from '../domain/log-policy.ts';
import { leafOf } from '../domain/leaf.ts';
import { policyOf } from './genesis.ts';
import type { ProviderLog } from './provider-logs.ts';

/*
 * A log that lost leaves ends, and another one goes on with what is left (docs/reference/log-format.md). What is kept of the newest
 * incarnation is kept under the provider's slug; what is kept of an earlier one under `<slug>/<number>`.
 */

/** 1 for a log that goes on with no other. */
export function numberOf({ superseded }: ProviderLog): number {
  return superseded === undefined ? 1 : numberOf(superseded) + 1;
}

/** All incarnations, the first one first. */
export function incarnationsOf(log: ProviderLog): readonly ProviderLog[] {
  return log.superseded === undefined ? [log] : [...incarnationsOf(log.superseded), log];
}

/** Where an earlier incarnation is kept. */
export function earlierKey(slug: string, number: number): string {
  return `${slug}/${number}`;
}

/** The provider and, for an earlier incarnation, its number. */
export function partsOfKey(log: string): { readonly slug: string; readonly number: number | undefined } {
  const [slug = '', number] = log.split('/');
  return { slug, number: number === undefined ? undefined : Number(number) };
}

/** The incarnation that an event at this position is a leaf of. */
export function incarnationAt(log: ProviderLog, position: bigint): ProviderLog {
  return log.superseded === undefined || position >= log.genesisPosition ? log : incarnationAt(log.superseded, position);
}

/**
 * The log that a later genesis in the system stream goes on with this one as; undefined for an event that is none, or that the recovery key did
 * not sign for: nobody without that key ends a log.
 */
export function incarnationAfter(log: ProviderLog, event: StoredEvent): ProviderLog | undefined {
  const policy = event.type === 'LogGenesis/1' && event.revision > 0n ? policyOf(event) : undefined;
  if (policy === undefined || !mayGoOn(log.policy, numberOf(log), log.genesisHash, policy)) return undefined;
  if (!isSignedForRecovery(log.policy, policy)) return undefined;
  const { origin, vkey } = policy;
  return {
    ...{ slug: log.slug, origin, genesisHash: leafOf(origin, event).hash, vkey, vkeys: [vkey], policy },
    genesisPosition: event.position,
    superseded: log,
  };
}
