import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { ProvenBalanceController } from '../../../services/integrity/adapters/http/proven-balance.controller.ts';
import type { Anchoring } from '../../../services/integrity/anchoring.ts';
import type { ProvenBalance } from '../../../services/integrity/application/proven-balances.ts';
import { postingsIn } from '../../../services/integrity/domain/fold.ts';
import { type FoldedBalance, stateEntryOf, stateKeyOf } from '../../../services/integrity/domain/committed-state.ts';
import { leafOf } from '../../../services/integrity/domain/leaf.ts';
import { checkStateProof, StateMap } from '../../../services/integrity/domain/state-map.ts';
import { hashTextOf } from '../../../services/integrity/domain/state-map-hash.ts';
import { type Currency, scalesOf } from '../../../services/money/currency.ts';
import { LedgerFold } from '../../../verifier/fold/ledger-fold.ts';
import { linesOf, postingsOf } from '../../../verifier/fold/postings.ts';
import type { JsonObject } from '../../../verifier/log/canonical-json.ts';
import { type AnchoringFixture, openAnchoringFixture, quietSettings } from './anchoring-fixture.ts';
import { insertBehindPort, until } from './log-fixture.ts';

let fixture: AnchoringFixture;

beforeEach(async () => {
  fixture = await openAnchoringFixture({});
  await fixture.open('north');
});

afterEach(() => fixture.close());

/** Rounds open for whatever waits. */
function eager(): Promise<Anchoring> {
  return fixture.anchoring({ settings: { ...quietSettings, secondsMax: 0 } });
}

interface Committed {
  readonly uptoSize: string;
  readonly stateRoot: string;
  readonly totals: readonly { readonly currency: string; readonly debits: string; readonly credits: string }[];
}

/** What the last StateCommitted says. */
async function lastCommitted(): Promise<Committed | undefined> {
  for await (const { type, data } of fixture.store.readStream('north.log-0', { direction: 'backwards' }))
    if (type === 'StateCommitted/1') return (JSON.parse(data) as { fin: Committed }).fin;
  return undefined;
}

async function untilCommitted(debits: string): Promise<Committed> {
  return until(async () => {
    const committed = await lastCommitted();
    return committed?.totals[0]?.debits === debits ? committed : undefined;
  });
}

/** The rows follow the leaf that commits to them. */
async function untilProven({ balances }: Anchoring, account: string, uptoSize: string): Promise<ProvenBalance> {
  return until(async () => {
    const proven = await balances.find('north', account, 'EUR');
    return proven?.uptoSize.toString() === uptoSize ? proven : undefined;
  });
}

/** The map by the definition: every event from the start, in one go. */
async function derivedRoot(uptoSize: bigint): Promise<string> {
  const balances = new Map<string, FoldedBalance>();
  const log = await fixture.open('north');
  for (const row of await fixture.leaves.leaves('north', 0n, Number(uptoSize))) {
    for await (const event of fixture.store.readStream(row.stream, { fromRevision: row.revision, maxCount: 1 })) {
      if (leafOf(log.origin, event).malformed) continue;
      for (const { account, currency, direction, amount } of postingsIn(event.data)) {
        const balance = (balances.get(account + currency)?.balance ?? 0n) + (direction === 'debit' ? amount : -amount);
        balances.set(account + currency, { account, currency, balance, leaf: row.index });
      }
    }
  }
  const root = StateMap.empty.with([...balances.values()].map(stateEntryOf)).root();
  return Buffer.from(root, 'latin1').toString('hex');
}

describe('committed balances', () => {
  it('are the fold from the start, however many rounds and restarts it took', async () => {
    const first = await eager();
    await fixture.post('north', '0.0045', 3);
    await untilCommitted('0.0135');
    await first.anchorer.stop();
    await fixture.post('north', '1.00', 2);
    await eager();
    const committed = await untilCommitted('2.0135');
    expect(committed.totals).toEqual([{ currency: 'EUR', debits: '2.0135', credits: '2.0135' }]);
    expect(committed.stateRoot).toBe(await derivedRoot(BigInt(committed.uptoSize)));
  });

  it('are what the verifier replays, at every commitment', async () => {
    await eager();
    await fixture.post('north', '0.0045', 3);
    await untilCommitted('0.0135');
    await fixture.post('north', '12.00');
    const { uptoSize } = await untilCommitted('12.0135');
    await until(async () => ((await fixture.query.head('north'))?.size ?? 0n) > BigInt(uptoSize) || undefined);
    const events: { readonly type: string; readonly fin: JsonObject }[] = [];
    for (const row of await fixture.leaves.leaves('north', 0n, 1_000)) {
      for await (const { type, data } of fixture.store.readStream(row.stream, { fromRevision: row.revision, maxCount: 1 })) {
        events.push({ type, fin: (JSON.parse(data) as { fin: JsonObject }).fin });
      }
    }
    const commitments = events.filter(({ type }) => type === 'StateCommitted/1');
    expect(commitments.length).toBeGreaterThanOrEqual(2);
    for (const { fin } of commitments) {
      const { stateRoot, totals } = replayed(events.slice(0, Number(fin['uptoSize'])));
      expect({ stateRoot, totals }).toEqual({ stateRoot: fin['stateRoot'], totals: fin['totals'] });
    }
  });

  it('are proven under the root of the last commitment, and so is the absence of an account', async () => {
    const anchoring = await eager();
    await fixture.post('north', '1.25', 2);
    const committed = await untilCommitted('2.50');
    const proven = await untilProven(anchoring, 'revenue:tv', committed.uptoSize);
    const last = await fixture.query.find('north', { stream: 'north.account-acc_1', revision: 1n });
    expect(proven.value).toBe(`{"account":"revenue:tv","balance":"-2.50","currency":"EUR","leaf":"${last?.index}"}`);
    const root = Buffer.from(committed.stateRoot, 'hex').toString('latin1');
    expect(checkStateProof(root, stateKeyOf('revenue:tv', 'EUR'), proven.proof)).toEqual({ valueHash: hashTextOf(proven.value ?? '') });
    const [leaf] = await fixture.leaves.leaves('north', proven.committedIndex, 1);
    expect(JSON.parse(leaf?.entry as string)).toMatchObject({ stream: 'north.log-0', type: 'StateCommitted/1' });
    const absent = await untilProven(anchoring, 'revenue:voice', committed.uptoSize);
    expect(absent.value).toBeUndefined();
    expect(checkStateProof(root, stateKeyOf('revenue:voice', 'EUR'), absent.proof)).toEqual({ valueHash: undefined });
  });

  it('are shown to their own provider only', async () => {
    const anchoring = await eager();
    await fixture.post('north', '1.25');
    await untilProven(anchoring, 'revenue:tv', (await untilCommitted('1.25')).uptoSize);
    const controller = new ProvenBalanceController(anchoring.balances);
    const north = { id: 'key', role: 'provider', provider: 'north' } as const;
    expect(await controller.show(north, 'north', 'revenue:tv', 'EUR')).toMatchObject({ value: expect.stringContaining('-1.25') });
    const south = { ...north, provider: 'south' };
    await expect(controller.show(south, 'north', 'revenue:tv', 'EUR')).rejects.toMatchObject({ code: 'log_not_found' });
    await expect(controller.show(south, 'south', 'revenue:tv', 'EUR')).rejects.toMatchObject({ code: 'proof_not_available' });
  });

  it('leave out what something wrote behind the port without form, or under an id that was there', async () => {
    const owner = new pg.Client({ connectionString: fixture.database.ownerUrl });
    await owner.connect();
    const line = { account: 'asset:cash:card', amount: '5.00', currency: 'EUR', direction: 'debit' };
    const data = JSON.stringify({ fin: { postings: [line, { ...line, account: 'revenue:tv', direction: 'credit' }] } });
    const hex = '0'.repeat(64);
    const metadata = JSON.stringify({ at: '2026-01-01T00:00:00.000Z', body: {}, ms: hex, prev: hex, ps: hex });
    const id = randomUUID();
    await insertBehindPort(owner, { data, metadata: null });
    await insertBehindPort(owner, { stream: 'north.bad-2', id, data, metadata });
    await insertBehindPort(owner, { stream: 'north.bad-3', id, data, metadata });
    await owner.end();
    await fixture.post('north', '1.00');
    await eager();
    const { totals } = await untilCommitted('6.00');
    expect(totals).toEqual([{ currency: 'EUR', debits: '6.00', credits: '6.00' }]);
  });

  it('stop with an alarm where the event store holds something else than the leaf', async () => {
    await fixture.post('north', '1.00');
    await until(async () => ((await fixture.query.head('north'))?.size === 2n ? true : undefined));
    await fixture.pool.query(`update integrity_leaf set leaf_hash = '\\x00' where leaf_index = 1`);
    const { anchorer } = await eager();
    await until(() => anchorer.statuses().find(({ alarm }) => alarm?.code === 'store_differs'));
    expect(await lastCommitted()).toBeUndefined();
  });
});

/** What the verifier's own fold gives; it shares no code with the services. */
function replayed(events: readonly { readonly fin: JsonObject }[]) {
  const fold = new LedgerFold();
  const scales = new Map((['EUR'] as const).map((code) => [code as string, scalesOf(code)]));
  events.forEach(({ fin }, leaf) => {
    const postings = postingsOf(linesOf({ fin }), scales);
    if (postings === 'unreadable') return;
    for (const { account, currency, amount } of postings) fold.post(leaf, fold.balanceOf(account, currency), amount);
  });
  return fold.state((code) => scalesOf(code as Currency));
}
