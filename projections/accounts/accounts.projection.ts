import type { PoolClient } from 'pg';
import type { AccountOpened } from '../../services/accounts/domain/account.events.ts';
import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';
import { partsOf } from '../../services/event-store/domain/stream-name.ts';
import { amountText } from '../../services/money/money.ts';
import type { Projection } from '../../services/read-store/projection.ts';
import { int8Array, textArray } from '../../services/read-store/array-parameter.ts';
import { type CustomerMovement, customerMovementsOf } from '../ledger/customer-ledger.ts';
import { ImpossibleBatchDefect } from '../ledger/impossible-event.ts';
import { schemaFile } from '../sql/schema-file.ts';

/** The customers' accounts with their terms, revision and balances. */
export const accounts: Projection = {
  name: 'accounts',
  version: 1,
  schema: schemaFile('accounts'),
  tables: ['accounts_v1'],
  project,
};

/** An account as an event opens it, still without a movement. */
interface Opened {
  readonly provider: string;
  readonly account: string;
  readonly fin: AccountOpened;
  readonly at: string;
  readonly position: bigint;
}

interface Moved extends CustomerMovement {
  readonly provider: string;
}

interface Revised {
  readonly provider: string;
  readonly account: string;
  revision: bigint;
}

/** Openings come first in every stream, so the batch writes them first and then adds up what happened to old and new accounts. */
async function project(events: Iterable<LedgerEvent>, client: PoolClient): Promise<void> {
  const opened: Opened[] = [];
  const revised = new Map<string, Revised>();
  const moved = new Map<string, Moved>();
  for (const event of events) {
    const { provider, fin, at, position, revision } = event;
    const parts = partsOf(event.stream);
    if (parts?.kind === 'account') {
      if (event.type === 'AccountOpened/1') opened.push({ provider, account: parts.id, fin: fin as AccountOpened, at, position });
      revised.set(event.stream, { provider, account: parts.id, revision });
    }
    for (const movement of customerMovementsOf(event)) addUp(moved, provider, movement);
  }
  if (opened.length > 0) await insertOpened(client, opened);
  if (revised.size > 0) await updateRevisions(client, events, [...revised.values()]);
  if (moved.size > 0) await updateBalances(client, events, [...moved.values()]);
}

function addUp(moved: Map<string, Moved>, provider: string, movement: CustomerMovement): void {
  const key = `${provider}\n${movement.account}\n${movement.currency}`;
  const sum = moved.get(key);
  if (sum === undefined) {
    moved.set(key, { provider, ...movement });
    return;
  }
  sum.wallet += movement.wallet;
  sum.unbilled += movement.unbilled;
  sum.receivable += movement.receivable;
}

async function insertOpened(client: PoolClient, opened: readonly Opened[]): Promise<void> {
  await client.query({
    name: 'accounts_open',
    text: `
      insert into accounts_v1
        (provider, account, billing, currency, credit_limit, wallet, unbilled, receivable, revision, opened_at, opened_position)
      select provider, account, billing, currency, credit_limit, 0, 0, 0, 0, opened_at, opened_position
        from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]::numeric[], $6::text[]::timestamptz[], $7::bigint[])
               as opened (provider, account, billing, currency, credit_limit, opened_at, opened_position)`,
    values: [
      textArray(opened.map(({ provider }) => provider)),
      textArray(opened.map(({ account }) => account)),
      textArray(opened.map(({ fin }) => fin.billing)),
      textArray(opened.map(({ fin }) => fin.currency)),
      textArray(opened.map(({ fin }) => fin.creditLimit)),
      textArray(opened.map(({ at }) => at)),
      int8Array(opened.map(({ position }) => position)),
    ],
  });
}

async function updateRevisions(client: PoolClient, events: Iterable<LedgerEvent>, revised: readonly Revised[]): Promise<void> {
  const { rowCount } = await client.query({
    name: 'accounts_revise',
    text: `
      update accounts_v1 as kept
         set revision = revised.revision
        from unnest($1::text[], $2::text[], $3::bigint[]) as revised (provider, account, revision)
       where kept.provider = revised.provider and kept.account = revised.account`,
    values: [
      textArray(revised.map(({ provider }) => provider)),
      textArray(revised.map(({ account }) => account)),
      int8Array(revised.map(({ revision }) => revision)),
    ],
  });
  if (rowCount !== revised.length) throw new ImpossibleBatchDefect(events, 'something happened to an account before it was opened');
}

async function updateBalances(client: PoolClient, events: Iterable<LedgerEvent>, moved: readonly Moved[]): Promise<void> {
  const { rowCount } = await client.query({
    name: 'accounts_move',
    text: `
      update accounts_v1 as kept
         set wallet = kept.wallet + moved.wallet,
             unbilled = kept.unbilled + moved.unbilled,
             receivable = kept.receivable + moved.receivable
        from unnest($1::text[], $2::text[], $3::text[], $4::text[]::numeric[], $5::text[]::numeric[], $6::text[]::numeric[])
               as moved (provider, account, currency, wallet, unbilled, receivable)
       where kept.provider = moved.provider and kept.account = moved.account and kept.currency = moved.currency`,
    values: [
      textArray(moved.map(({ provider }) => provider)),
      textArray(moved.map(({ account }) => account)),
      textArray(moved.map(({ currency }) => currency)),
      textArray(moved.map(({ wallet, currency }) => amountText({ amount: wallet, currency }))),
      textArray(moved.map(({ unbilled, currency }) => amountText({ amount: unbilled, currency }))),
      textArray(moved.map(({ receivable, currency }) => amountText({ amount: receivable, currency }))),
    ],
  });
  if (rowCount !== moved.length) throw new ImpossibleBatchDefect(events, 'money moved on an account that is not open in this currency');
}
