import type { PoolClient } from 'pg';
import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';
import { partsOf } from '../../services/event-store/domain/stream-name.ts';
import type { Projection } from '../../services/read-store/projection.ts';
import type { ChainLog } from '../../services/settlement/domain/chain-effect.ts';
import type { CreditTokenRecorded } from '../../services/settlement/domain/credit.events.ts';
import type { SettlementEvent, SettlementObserved } from '../../services/settlement/domain/settlement.events.ts';
import { ImpossibleEventDefect } from '../ledger/impossible-event.ts';
import { schemaFile } from '../sql/schema-file.ts';

/** What contracts of prepaid credit gave out, took and burnt: the supply that the ledger knows, and from what holders have what they have. */
export const prepaidCredit: Projection = {
  name: 'prepaid-credit',
  version: 1,
  schema: schemaFile('prepaid-credit'),
  tables: ['prepaid_credit_effects_v1', 'prepaid_credit_tokens_v1'],
  filter: {
    typePrefixes: [
      ...['SettlementObserved/', 'SettlementFinalized/', 'SettlementReorged/', 'SettlementReversed/', 'ReceiptUnmatched/'],
      'CreditTokenRecorded/',
    ],
  },
  project,
};

type CreditLog = Extract<ChainLog, { readonly name: 'CreditIssued' | 'CreditRedeemed' | 'CreditExpired' | 'CreditRefunded' }>;

async function project(events: Iterable<LedgerEvent>, client: PoolClient): Promise<void> {
  for (const event of events) {
    // The payload was checked when it was written; its type names its shape.
    if (event.type === 'CreditTokenRecorded/1') {
      await recorded(client, event, event.fin as unknown as CreditTokenRecorded);
      continue;
    }
    const known = { type: event.type, data: event.fin } as unknown as SettlementEvent;
    if (known.data.module !== 'credit') continue;
    if (known.type === 'SettlementObserved/1') await observed(client, event, known.data);
    else await moved(client, event, isGone(known) ? 'reorged' : 'final');
  }
}

function isGone({ type }: SettlementEvent): boolean {
  return type === 'SettlementReorged/1' || type === 'SettlementReversed/1';
}

async function recorded(client: PoolClient, { provider }: LedgerEvent, token: CreditTokenRecorded): Promise<void> {
  const { chainId, contract, currency, decimals } = token;
  await client.query(
    'insert into prepaid_credit_tokens_v1 (provider, chain_id, contract, currency, decimals) values ($1, $2, $3, $4, $5)',
    [provider, chainId, contract, currency, decimals],
  );
}

/** Seen the first time, or again: then in another block, and perhaps as another log. */
async function observed(client: PoolClient, event: LedgerEvent, seen: SettlementObserved): Promise<void> {
  const { chainId, contract, log, block, logIndex, credit } = seen;
  if (!isCreditLog(log)) return;
  const [holder, units] = log.name === 'CreditIssued' ? [log.to, log.amount] : [log.holder, `-${log.amount}`];
  await client.query({
    name: 'prepaid_credit_observe',
    text: `
      insert into prepaid_credit_effects_v1
        (provider, settlement, chain_id, contract, name, holder, account, units, standing, block_number, block_hash, block_time, log_index, epoch)
      values ($1, $2, $3, $4, $5, $6, $7, $8, 'observed', $9, $10, $11, $12, $13)
      on conflict (provider, settlement) do update
         set holder = excluded.holder, account = excluded.account, units = excluded.units, standing = excluded.standing,
             block_number = excluded.block_number, block_hash = excluded.block_hash, block_time = excluded.block_time,
             log_index = excluded.log_index, epoch = excluded.epoch`,
    values: [
      ...[event.provider, idOf(event), chainId, contract, log.name, holder, credit?.account ?? null, units],
      ...[block.number, block.hash, block.time, logIndex, 'epoch' in log ? log.epoch : null],
    ],
  });
}

/** A log of the contract that moves no credit has no row. */
async function moved(client: PoolClient, event: LedgerEvent, standing: 'final' | 'reorged'): Promise<void> {
  await client.query({
    name: 'prepaid_credit_move',
    text: 'update prepaid_credit_effects_v1 set standing = $3 where provider = $1 and settlement = $2',
    values: [event.provider, idOf(event), standing],
  });
}

function isCreditLog(log: ChainLog): log is CreditLog {
  return log.name === 'CreditIssued' || log.name === 'CreditRedeemed' || log.name === 'CreditExpired' || log.name === 'CreditRefunded';
}

function idOf(event: LedgerEvent): string {
  const parts = partsOf(event.stream);
  if (parts?.kind !== 'settlement') throw new ImpossibleEventDefect(event, 'its stream is none of a settlement');
  return parts.id;
}
