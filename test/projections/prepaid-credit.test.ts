import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { creditHoldings } from '../../projections/credit-holdings/credit-holdings.projection.ts';
import { prepaidCredit } from '../../projections/prepaid-credit/prepaid-credit.projection.ts';
import { PrepaidCreditQuery } from '../../projections/prepaid-credit/prepaid-credit.query.ts';
import type { ChainEffect, EffectOf } from '../../services/settlement/domain/chain-effect.ts';
import { settlementId } from '../../services/settlement/domain/chain-effect.ts';
import { matchCreditRefund, matchExpiry, matchIssue } from '../../services/settlement/domain/credit-match.ts';
import type { CreditHoldingEvent, CreditMoved } from '../../services/settlement/domain/credit.events.ts';
import type { SettlementEvent, SettlementSubject } from '../../services/settlement/domain/settlement.events.ts';
import {
  creditContract,
  euroCredit,
  expired,
  holder,
  issued,
  knownHolder,
  orderedIssue,
  orderedRefund,
  otherAccount,
  redeemed,
  refunded,
  stranger,
} from '../unit/settlement/credit.fixtures.ts';
import { block, EffectHistory } from '../unit/settlement/effect.fixtures.ts';
import { account, place } from '../unit/settlement/slot.fixtures.ts';
import { Books } from './books.ts';
import { failingAfterItsRows, ReadModels } from './read-models.ts';

const token = { provider: 'demo', chainId: place.chainId, contract: creditContract, currency: 'EUR', decimals: 2 };
let models: ReadModels;
let books: Books;
beforeAll(async () => {
  models = await ReadModels.create();
});
afterAll(() => models.drop());
beforeEach(async () => {
  books = new Books();
  await books.append(`demo.creditToken-${place.chainId}`, [
    {
      type: 'CreditTokenRecorded/1',
      data: { chainId: place.chainId, contract: creditContract, currency: 'EUR', decimals: '2', tx: '0x1' },
    },
  ]);
});

const inBlock = (effect: ChainEffect, number: number, fork?: string): ChainEffect => ({ ...effect, block: block(number, fork) });
const told = (effect: ChainEffect, events: readonly SettlementEvent[]) => books.append(`demo.settlement-${settlementId(effect)}`, events);
const final = (effect: ChainEffect, subject: SettlementSubject) =>
  told(effect, new EffectHistory().observed(effect, subject).finalized({ token: euroCredit }).events);
const spent = { credit: { holder, account, amount: '10.00', currency: 'EUR', units: '1000' } };

const moved = (name: CreditMoved['name'], key: string, ...changes: CreditMoved['changes']): CreditHoldingEvent => {
  const at = { chainId: place.chainId, contract: creditContract, holder, effectiveAt: block(10).time };
  return { type: 'CreditMoved/1', data: { ...at, settlement: `${place.chainId}.${creditContract}.${key}`, name, changes } };
};
const gone = ({ data }: CreditHoldingEvent): CreditHoldingEvent => {
  const changes = data.changes.map((change) => ({ ...change, units: (-BigInt(change.units)).toString() }));
  return { type: 'CreditMoveReversed/1', data: { ...data, changes } };
};
const other = (units: string, epoch = '85') => ({ epoch, account: otherAccount, units });
const mine = (units: string, epoch = '84') => ({ epoch, account, units });

/** Two accounts under one address: 50.00 and 30.00. The other spends 10.00 of what the first bought, with its own; one effect is gone again. */
const holdings: readonly CreditHoldingEvent[] = [
  moved('CreditIssued', 'issue.7', mine('5000')),
  moved('CreditIssued', 'issue.8', other('3000')),
  moved('CreditRedeemed', 'redeem.8', mine('-1000'), other('-1000'), mine('1000', '85')),
  moved('CreditRefunded', 'credit-refund.3', mine('-2000')),
  moved('CreditRedeemed', 'redeem.9', mine('-700')),
  gone(moved('CreditRedeemed', 'redeem.9', mine('-700'))),
];

/** 50.00 given out, 10.00 of it spent and 20.00 taken back; 12.50 of a stranger's was burnt; a stolen minter's and a spending still wait. */
async function everything(): Promise<void> {
  await books.append(`demo.creditHolding-${place.chainId}.${creditContract}.${holder}`, holdings);
  const issue = inBlock(issued(), 10) as EffectOf<'CreditIssued'>;
  const subject = matchIssue(issue, orderedIssue);
  const elsewhere = inBlock(issued(), 11, 'b');
  await told(
    issue,
    new EffectHistory().observed(issue, subject).reorged().observed(elsewhere, subject).finalized({ token: euroCredit }).events,
  );
  await final(inBlock(redeemed({ seq: '8', amount: '1000' }), 12), spent);
  const refund = inBlock(refunded(), 13) as EffectOf<'CreditRefunded'>;
  await final(refund, matchCreditRefund(refund, orderedRefund));
  const foreign = inBlock(issued({ to: stranger, seq: '9', amount: '1250' }), 14);
  await final(foreign, { unmatched: 'issue_unknown' });
  const burnt = inBlock(expired({ holder: stranger }), 15) as EffectOf<'CreditExpired'>;
  await final(burnt, matchExpiry(burnt, { ...knownHolder, accounts: [] }, euroCredit));
  const pending = inBlock(redeemed({ seq: '10', amount: '500' }), 16);
  await told(pending, new EffectHistory().observed(pending, spent).events);
  const lost = inBlock(redeemed({ seq: '11', amount: '700' }), 16);
  await told(lost, new EffectHistory().observed(lost, spent).reorged().events);
}

const rows = () => models.rows('select * from prepaid_credit_effects_v1 order by block_number, settlement');
const both = [prepaidCredit, creditHoldings];

describe('prepaid-credit', () => {
  it('has what each account has under an address, and the supply, with what may still go told apart', async () => {
    await everything();
    await models.rebuild(books.store, both);
    const query = new PrepaidCreditQuery(models.pool);
    const { credit } = await query.ofAccount('demo', account);
    const done = { CreditIssued: 5_000n, CreditRedeemed: 0n, CreditRefunded: 2_000n };
    const held = new Map([
      [84, 2_000n],
      [85, 1_000n],
    ]);
    expect(credit).toEqual([{ token, holder, held, moved: new Map(Object.entries(done)) }]);
    const { credit: others } = await query.ofAccount('demo', otherAccount);
    expect(others).toMatchObject([
      { held: new Map([[85, 2_000n]]), moved: new Map(Object.entries({ CreditIssued: 3_000n, CreditRedeemed: 1_000n })) },
    ]);
    const pending = redeemed({ seq: '10' });
    expect((await rows()).filter((row) => (row as { standing: string }).standing === 'observed')).toMatchObject([
      { settlement: settlementId(pending), units: '-500', account },
    ]);
    const units = (await rows()).map((row) => [(row as Row).name, (row as Row).standing, Number((row as Row).units)]);
    expect(units).toEqual([
      ['CreditIssued', 'final', 5_000],
      ['CreditRedeemed', 'final', -1_000],
      ['CreditRefunded', 'final', -2_000],
      ['CreditIssued', 'final', 1_250],
      ['CreditExpired', 'final', -1_250],
      ['CreditRedeemed', 'observed', -500],
      ['CreditRedeemed', 'reorged', -700],
    ]);
  });

  it('has the same rows however the log is cut, followed or built anew', async () => {
    await models.rebuild(books.store, both);
    await everything();
    await models.follow(books.store, both);
    const followed = await models.hashes(both);
    for (const batchSizeMax of [1, 3, 1_000]) {
      await models.rebuild(books.store, both, { batchSizeMax });
      expect(await models.hashes(both)).toEqual(followed);
    }
  });

  it('has the same rows when each event is delivered twice', async () => {
    await everything();
    await models.rebuild(books.store, both);
    const once = await models.hashes(both);
    await models.rebuild(
      books.store,
      both.map((model) => failingAfterItsRows(model, 1)),
    );
    expect(await models.hashes(both)).toEqual(once);
  });
});

interface Row {
  readonly name: string;
  readonly standing: string;
  readonly units: string;
}
