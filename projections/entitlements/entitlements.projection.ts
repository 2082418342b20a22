import type { PoolClient } from 'pg';
import type { TitleGranted, TitleGrantEnded } from '../../services/accounts/domain/account-settlement.events.ts';
import type { EntryReversed, TitlePurchased } from '../../services/accounts/domain/account.events.ts';
import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';
import type { Projection } from '../../services/read-store/projection.ts';
import { int8Array, textArray } from '../../services/read-store/array-parameter.ts';
import { ImpossibleBatchDefect } from '../ledger/impossible-event.ts';
import { schemaFile } from '../sql/schema-file.ts';

/** What may be watched: each purchase, and each payment on chain that is deep enough, grants its window; what takes that back ends it. */
export const entitlements: Projection = {
  name: 'entitlements',
  version: 1,
  schema: schemaFile('entitlements'),
  tables: ['entitlements_v1'],
  filter: { typePrefixes: ['TitlePurchased/', 'TitleGranted/', 'TitleGrantEnded/', 'EntryReversed/'] },
  project,
};

type Grant = LedgerEvent<TitlePurchased | TitleGranted>;

/** What ends a grant, with the revision that gave it. */
interface Withdrawal {
  readonly event: LedgerEvent;
  readonly account: string;
  readonly revision: string;
}

/** A grant comes before its end, so all grants of a batch are written before anything is withdrawn. */
async function project(events: Iterable<LedgerEvent>, client: PoolClient): Promise<void> {
  const grants: Grant[] = [];
  const withdrawals: Withdrawal[] = [];
  for (const event of events) {
    // The type names the shape.
    if (event.type === 'TitlePurchased/1' || event.type === 'TitleGranted/1') grants.push(event as unknown as Grant);
    if (event.type === 'EntryReversed/1') {
      const { account, reverses } = event.fin as unknown as EntryReversed;
      if (reverses.type === 'TitlePurchased/1') withdrawals.push({ event, account, revision: reverses.revision });
    }
    if (event.type === 'TitleGrantEnded/1') {
      const { account, granted } = event.fin as unknown as TitleGrantEnded;
      withdrawals.push({ event, account, revision: granted });
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
}
