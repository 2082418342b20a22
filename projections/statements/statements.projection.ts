import type { PoolClient } from 'pg';
import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';
import { amountText } from '../../services/money/money.ts';
import type { Projection } from '../../services/read-store/projection.ts';
import { int8Array, textArray } from '../../services/read-store/array-parameter.ts';
import { type CustomerMovement, customerMovementsOf } from '../ledger/customer-ledger.ts';
import { effectiveAtOf } from '../ledger/effective-at.ts';
import { schemaFile } from '../sql/schema-file.ts';
import { noticeOf, wordingOf, type Wording } from './wording.ts';

/** Every customer's account, event by event: what moved, in words and amounts. */
export const statements: Projection = {
  name: 'statements',
  version: 1,
  schema: schemaFile('statements'),
  tables: ['statement_movements_v1'],
  project,
};

interface StatementMovement extends CustomerMovement {
  readonly event: LedgerEvent;
  readonly wording: Wording;
}

async function project(events: Iterable<LedgerEvent>, client: PoolClient): Promise<void> {
  const movements = [...events].flatMap(statementMovementsOf);
  if (movements.length === 0) return;
  const amounts = (place: 'wallet' | 'unbilled' | 'receivable') =>
    textArray(movements.map(({ [place]: amount, currency }) => amountText({ amount, currency })));
  await client.query({
    name: 'statements_add',
    text: `
      insert into statement_movements_v1
        (provider, account, position, event_id, type, recorded_at, effective_at, currency, wallet, unbilled, receivable, description, reference)
      select *
        from unnest($1::text[], $2::text[], $3::bigint[], $4::text[]::uuid[], $5::text[], $6::text[]::timestamptz[],
                    $7::text[]::timestamptz[], $8::text[], $9::text[]::numeric[], $10::text[]::numeric[], $11::text[]::numeric[],
                    $12::text[], $13::text[])`,
    values: [
      textArray(movements.map(({ event }) => event.provider)),
      textArray(movements.map(({ account }) => account)),
      int8Array(movements.map(({ event }) => event.position)),
      textArray(movements.map(({ event }) => event.id)),
      textArray(movements.map(({ event }) => event.type)),
      textArray(movements.map(({ event }) => event.at)),
      textArray(movements.map(({ event }) => effectiveAtOf(event))),
      textArray(movements.map(({ currency }) => currency)),
      amounts('wallet'),
      amounts('unbilled'),
      amounts('receivable'),
      textArray(movements.map(({ wording }) => wording.description)),
      textArray(movements.map(({ wording }) => wording.reference)),
    ],
  });
}

/** An event that posts to a customer's account moves it; a few others are worth telling although they move nothing. */
function statementMovementsOf(event: LedgerEvent): StatementMovement[] {
  const movements = customerMovementsOf(event);
  if (movements.length > 0) return movements.map((movement) => ({ ...movement, event, wording: wordingOf(event) }));
  const notice = noticeOf(event);
  if (notice === undefined) return [];
  return [{ ...notice, wallet: 0n, unbilled: 0n, receivable: 0n, event, wording: wordingOf(event) }];
}
