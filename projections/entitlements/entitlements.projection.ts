import type { PoolClient } from 'pg';
import type { TitleGranted, TitleGrantEnded } from '../../services/accounts/domain/account-settlement.events.ts';
import type { EntryReversed, TitlePurchased } from '../../services/accounts/domain/account.events.ts';
import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';
import type { Projection } from '../../services/read-store/projection.ts';
import { int8Array, textArray } from '../../services/read-store/array-parameter.ts';
import { ImpossibleBatchDefect } from '../ledger/impossible-event.ts';
import { schemaFile } from '../sql/schema-file.ts';

/**
 * What may be watched: each purchase, and each payment on chain that is deep enough, grants its window; what takes that back ends it, and the
 * customer is told.
 */
export const entitlements: Projection = {
  name: 'entitlements',
  version: 1,
  schema: schemaFile('entitlements'),
  tables: ['entitlements_v1', 'title_notices_v1'],
  filter: { typePrefixes: ['TitlePurchased/', 'TitleGranted/', 'TitleGrantEnded/', 'EntryReversed/'] },
  project,
};

type Grant = LedgerEvent<TitlePurchased | TitleGranted>;

/** What ends a grant, with the revision that gave it. */
interface Withdrawal {
  readonly event: LedgerEvent;
  readonly account: string;
  readonly revision: string;
  /** What the customer is told; nothing where the chain took a block back, which may come again. */
  readonly notice?: Notice;
}

interface Notice {
  readonly reason: string;
  readonly amount: string;
  readonly currency: string;
  readonly returnedTo: 'wallet' | 'bill' | 'chain';
}

/** A grant comes before its end, so all grants of a batch are written before anything is withdrawn. */
async function project(events: Iterable<LedgerEvent>, client: PoolClient): Promise<void> {
  const grants: Grant[] = [];
  const withdrawals: Withdrawal[] = [];
  for (const event of events) {
    // The type names the shape.
    if (event.type === 'TitlePurchased/1' || event.type === 'TitleGranted/1') grants.push(event as unknown as Grant);
    if (event.type === 'EntryReversed/1') {
      const { account, reverses, reason, amount, currency, effects } = event.fin as unknown as EntryReversed;
      const notice: Notice = { reason, amount, currency, returnedTo: effects.unbilled.startsWith('-') ? 'bill' : 'wallet' };
      if (reverses.type === 'TitlePurchased/1') withdrawals.push({ event, account, revision: reverses.revision, notice });
    }
    if (event.type === 'TitleGrantEnded/1') {
      const { account, granted, reason, amount, currency, wallet } = event.fin as unknown as TitleGrantEnded;
      const notice: Notice = { reason, amount: wallet ?? amount, currency, returnedTo: wallet === undefined ? 'chain' : 'wallet' };
      withdrawals.push({ event, account, revision: granted, ...(reason !== 'reorged' && { notice }) });
    }
  }
  if (grants.length > 0) await grant(client, grants);
  if (withdrawals.length > 0) await withdraw(client, withdrawals);
}

async function grant(client: PoolClient, purchases: readonly Grant[]): Promise<void> {
  await client.query({
    name: 'entitlements_grant',
    text: `
      insert into entitlements_v1
        (provider, account, revision, purchase, title, title_name, valid_from, valid_until, position)
      select *
        from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[]::timestamptz[],
                    $8::text[]::timestamptz[], $9::bigint[])`,
    values: [
      textArray(purchases.map(({ provider }) => provider)),
      textArray(purchases.map(({ fin }) => fin.account)),
      int8Array(purchases.map(({ revision }) => revision)),
      textArray(purchases.map(({ fin }) => fin.purchase)),
      textArray(purchases.map(({ fin }) => fin.title.id)),
      textArray(purchases.map(({ fin }) => fin.title.name)),
      textArray(purchases.map(({ fin }) => fin.entitlement.from)),
      textArray(purchases.map(({ fin }) => fin.entitlement.until)),
      int8Array(purchases.map(({ position }) => position)),
    ],
  });
}

async function withdraw(client: PoolClient, withdrawals: readonly Withdrawal[]): Promise<void> {
  const { rowCount } = await client.query({
    name: 'entitlements_withdraw',
    text: `
      update entitlements_v1 as kept
         set withdrawn_at = reversal.at
        from unnest($1::text[], $2::text[], $3::bigint[], $4::text[]::timestamptz[]) as reversal (provider, account, revision, at)
       where kept.provider = reversal.provider
         and kept.account = reversal.account
         and kept.revision = reversal.revision
         and kept.withdrawn_at is null`,
    values: [
      textArray(withdrawals.map(({ event }) => event.provider)),
      textArray(withdrawals.map(({ account }) => account)),
      int8Array(withdrawals.map(({ revision }) => BigInt(revision))),
      textArray(withdrawals.map(({ event }) => event.at)),
    ],
  });
  if (rowCount !== withdrawals.length) {
    throw new ImpossibleBatchDefect(
      withdrawals.map(({ event }) => event),
      'a purchase was taken back that stands no more or never did',
    );
  }
  await tell(client, withdrawals);
}

async function tell(client: PoolClient, withdrawals: readonly Withdrawal[]): Promise<void> {
  const told = withdrawals.flatMap(({ notice, ...of }) => (notice === undefined ? [] : [{ ...of, notice }]));
  if (told.length === 0) return;
  await client.query({
    name: 'entitlements_tell',
    text: `
      insert into title_notices_v1
        (provider, account, position, title, title_name, purchase, reason, amount, currency, returned_to, recorded_at)
      select told.provider, told.account, told.position, kept.title, kept.title_name, kept.purchase, told.reason, told.amount, told.currency,
             told.returned_to, told.at
        from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[]::numeric[], $7::text[], $8::text[],
                    $9::text[]::timestamptz[])
             as told (provider, account, revision, position, reason, amount, currency, returned_to, at)
        join entitlements_v1 as kept using (provider, account, revision)`,
    values: [
      textArray(told.map(({ event }) => event.provider)),
      textArray(told.map(({ account }) => account)),
      int8Array(told.map(({ revision }) => BigInt(revision))),
      int8Array(told.map(({ event }) => event.position)),
      textArray(told.map(({ notice }) => notice.reason)),
      textArray(told.map(({ notice }) => notice.amount)),
      textArray(told.map(({ notice }) => notice.currency)),
      textArray(told.map(({ notice }) => notice.returnedTo)),
      textArray(told.map(({ event }) => event.at)),
    ],
  });
}
