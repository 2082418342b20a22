import { describe, expect, it } from '@jest/globals';
import type { Json } from '../../../services/event-store/domain/canonical-json.ts';
import { stateEntryOf, stateKeyOf, stateValueOf } from '../../../services/integrity/domain/committed-state.ts';
import { FoldChanges, postingsIn } from '../../../services/integrity/domain/fold.ts';
import { StateMap } from '../../../services/integrity/domain/state-map.ts';
import { LogBuilder } from '../../support/log-builder.ts';
import { MemoryLogSource } from '../../support/memory.log-source.ts';
import { answerOf } from '../../support/signed-promises.ts';
import { summaryOf, verifyFiles } from '../../support/verify-files.ts';

const unbilled = (account: string) => `asset:unbilled:${account}`;

/** Leaf 0 is the genesis; leaf n charges n.00, to acc_1 when n is odd, else to acc_2; leaf 7 commits to the first seven. */
function someLog(): LogBuilder {
  const log = new LogBuilder();
  for (let index = 1; index <= 6; index++) log.move(`${index}.00`, { account: `acc_${2 - (index % 2)}` });
  log.commitState();
  log.move('10.00');
  return log;
}

const balance = (account: string, amount: string) => ({
  account,
  balances: [{ account: unbilled(account), balance: amount, currency: 'EUR' }],
});

const verdictOn = async (log: LogBuilder, ...answers: readonly unknown[]) =>
  summaryOf(await verifyFiles(log, log.files(), { answers: answers.map((answer) => JSON.stringify(answer)).join('\n') }));

describe('V9, balances', () => {
  it('are what the log comes to at the size that the answer names', async () => {
    const log = someLog();
    const right: readonly [number, string][] = [
      [2, '1.00'],
      [3, '1.00'],
      [4, '4.00'],
      [6, '9.00'],
      [8, '9.00'],
      [9, '19.00'],
    ];
    expect(await verdictOn(log, ...right.map(([size, amount]) => answerOf(log, size, balance('acc_1', amount))))).toMatchObject({
      verdict: 'VALID',
    });
    expect(await verdictOn(log, answerOf(log, 1, { account: 'acc_1', balances: [] }))).toMatchObject({ verdict: 'VALID' });
    for (const [size, amount] of [
      [3, '4.00'],
      [4, '1.00'],
      [9, '9.00'],
      [9, '19.01'],
    ] as const)
      expect(await verdictOn(log, answerOf(log, size, balance('acc_1', amount)))).toMatchObject({
        verdict: 'INVALID',
        results: { V9: 'invalid' },
      });
  });

  it('name every place of the account, and none that it does not have', async () => {
    const log = someLog();
    const [line] = balance('acc_1', '19.00').balances;
    const none = answerOf(log, 9, { account: 'acc_1', balances: [] });
    const more = answerOf(log, 9, { account: 'acc_1', balances: [line!, { ...line!, account: 'asset:receivable:acc_1' }] });
    for (const answer of [none, more]) expect(await verdictOn(log, answer)).toMatchObject({ verdict: 'INVALID' });
  });

  it('come with proofs of the last commitment, which convict nobody when they do not fit', async () => {
    const log = someLog();
    const changes = new FoldChanges();
    log.events.slice(0, 7).forEach((event, index) => changes.post(BigInt(index), postingsIn(event.data)));
    const folded = changes.balances().map(({ change, ...place }) => ({ ...place, balance: change }));
    const map = StateMap.empty.with(folded.map(stateEntryOf));
    const own = folded.find(({ account }) => account === unbilled('acc_1'))!;
    const hex = (hash: string) => Buffer.from(hash, 'latin1').toString('hex');
    const { siblings, terminal } = map.prove(stateKeyOf(own.account, 'EUR'));
    const proof = {
      ...{ account: own.account, currency: 'EUR', value: stateValueOf(own), siblings: siblings.map(hex) },
      terminal: { key: hex(terminal!.key), valueHash: hex(terminal!.valueHash) },
    };
    const absent = map.prove(stateKeyOf('asset:receivable:acc_1', 'EUR'));
    const none = {
      ...{ account: 'asset:receivable:acc_1', currency: 'EUR', siblings: absent.siblings.map(hex) },
      ...(absent.terminal && { terminal: { key: hex(absent.terminal.key), valueHash: hex(absent.terminal.valueHash) } }),
    };
    const current = answerOf(log, 9, balance('acc_1', '19.00'));
    const proven = (...balances: object[]) => ({ ...current, proven: { committedIndex: '7', balances } });
    expect(await verdictOn(log, proven(proof, none))).toMatchObject({ verdict: 'VALID' });
    const bad = [
      { ...proof, value: proof.value.replace('9.00', '8.00') },
      { ...proof, account: unbilled('acc_2') },
      { ...proof, siblings: proof.siblings.slice(1) },
      { ...proof, siblings: proof.siblings.map(() => '0'.repeat(64)) },
      { ...none, account: own.account },
      { ...none, value: proof.value },
    ];
    for (const balances of bad)
      expect(await verdictOn(log, proven(balances))).toMatchObject({ verdict: 'UNVERIFIABLE', results: { V9: 'unverifiable' } });
    expect(await verdictOn(log, { ...proven(proof), proven: { committedIndex: '6', balances: [proof] } })).toMatchObject({
      verdict: 'UNVERIFIABLE',
    });
  });

  it('are judged only where the log signed the answer and shows the leaves', async () => {
    const log = someLog();
    const lie = balance('acc_1', '99.00');
    const other = someLog();
    const { note } = answerOf(log, 9, lie).current;
    for (const answer of [
      answerOf(log, 9, lie, other.receipts),
      answerOf(other, 9, lie),
      answerOf(log, 10, lie),
      { current: { note: note.replace('99.00', '98.00') } },
      answerOf(log, 9, { account: 'acc_1' }),
      answerOf(log, 9, ['x']),
      { current: {} },
      {},
      7,
    ])
      expect([answer, await verdictOn(log, answer)]).toEqual([answer, expect.objectContaining({ verdict: 'UNVERIFIABLE' })]);
    const source = new MemoryLogSource(log.files(), { refused: ['payloads/'] });
    const answers = JSON.stringify(answerOf(log, 9, balance('acc_1', '19.00')));
    expect(summaryOf(await verifyFiles(log, log.files(), { source, answers }))).toMatchObject({ verdict: 'UNVERIFIABLE' });
  });
});

describe('V9, invoices', () => {
  const invoice = { account: 'acc_1', currency: 'EUR', invoice: 'inv_1', number: 'INV-000001', total: '5.00' };

  function billed(): LogBuilder {
    const log = someLog();
    log.append({ stream: 'north.invoice-inv_1', type: 'InvoiceIssued/1', fin: invoice });
    const paid = (amount: string) => ({
      currency: 'EUR',
      allocations: [
        { invoice: 'inv_1', amount },
        { invoice: 'inv_2', amount: '7.00' },
      ],
    });
    log.append({ stream: 'north.account-acc_1', type: 'PaymentReceived/1', fin: paid('5.00') });
    const reopened = [{ invoice: 'inv_1', amount: '5.00' }];
    log.append({ stream: 'north.account-acc_1', type: 'EntryReversed/1', fin: { currency: 'EUR', effects: { reopened } } });
    log.append({ stream: 'north.account-acc_1', type: 'PaymentReceived/1', fin: paid('2.00') });
    return log;
  }

  it('are the documents of the log with what was paid of them', async () => {
    const log = billed();
    const right: readonly [number, string][] = [
      [10, '0.00'],
      [11, '5.00'],
      [12, '0.00'],
      [13, '2.00'],
    ];
    expect(await verdictOn(log, ...right.map(([size, paid]) => answerOf(log, size, { ...invoice, paid })))).toMatchObject({
      verdict: 'VALID',
    });
    const wrong: readonly [number, Json][] = [
      [13, { ...invoice, paid: '5.00' }],
      [13, { ...invoice, paid: '2.00', total: '6.00' }],
      [13, { ...invoice, paid: '2.00', number: 'INV-000002' }],
      [13, { ...invoice, paid: '2.00', account: 'acc_2' }],
      [9, { ...invoice, paid: '0.00' }],
      [13, { ...invoice, paid: '0.00', invoice: 'inv_9' }],
    ];
    for (const [size, value] of wrong)
      expect([value, await verdictOn(log, answerOf(log, size, value))]).toEqual([value, expect.objectContaining({ verdict: 'INVALID' })]);
  });
});
