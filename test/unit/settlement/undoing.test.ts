import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  creditContract,
  escrowContract,
  settlementContract,
  tokenContract,
} from '../../../services/settlement/adapters/chain/contract-interfaces.ts';
import { settlementId } from '../../../services/settlement/domain/chain-effect.ts';
import type { OrderEvent } from '../../../services/settlement/domain/dispatch.events.ts';
import { zeroAddress } from '../../../services/settlement/domain/quote.ts';
import { issueOrdered } from './credit.fixtures.ts';
import { captureOrdered, collectOrdered, mandateId, refundOrdered, signature, target, terms } from './sending.fixtures.ts';
import { paidIn, Undoing } from './undoing.fixtures.ts';

const chainId = '77';
const [collect, revoke, refund] = ['collect', 'revokeBySig', 'refund'].map((name) => settlementContract.getFunction(name)!.selector);
const capture = escrowContract.getFunction('captureEvent')!.selector;
const issue = creditContract.getFunction('issue')!.selector;
const approve = tokenContract.getFunction('approve')!.selector;
/** A nonce that was freed. */
const freed = '';

const collection = (slot: string) => collectOrdered({ chainId, slot });
const [beforeDeadline, behindDeadline] = ['2026-12-31T20:00:00.000Z', '2027-01-02T00:00:00.000Z'];
const issueFor = (slot: string): OrderEvent => {
  const settlement = settlementId(paidIn(slot));
  return { type: 'CreditIssueOrdered/1', data: { ...issueOrdered, chainId, slot, settlement } };
};
const refundOf = (refundSeq: string, token = `0x${'d'.repeat(40)}`) =>
  refundOrdered({ chainId, refundSeq, refund: `rfd_00000000-0000-5000-8000-00000000000${refundSeq}`, token });
const revocation: OrderEvent = {
  type: 'RevocationOrdered/1',
  data: { ...target, chainId, mandate: mandateId, terms, signature },
};

let world: Undoing;
beforeEach(() => {
  world = new Undoing();
});

describe('what was sent behind a dispatch that is undone', () => {
  it('is not sent again where its time is over, and nor is the one that is undone', async () => {
    const [one, two] = [collection('7'), collection('8')];
    world.now = beforeDeadline;
    await world.done(one, two);
    world.chain.lose();
    await world.takeBack(one, two);
    world.now = behindDeadline;
    await world.undo(one);
    await world.undo(two);
    await world.settle(one, two);
    expect(world.chain.calls).toEqual([freed, freed]);
    expect(await world.states(one, two)).toEqual(['failed: expired', 'failed: expired']);
  });

  it('goes again only by name: its nonce is freed, and it is signed anew under another one', async () => {
    const [one, two] = [collection('7'), collection('8')];
    await world.done(one, two);
    world.chain.lose();
    await world.takeBack(one, two);
    await world.undo(one);
    await world.settle(one, two);
    expect(world.chain.calls).toEqual([collect, freed]);
    expect(await world.states(one, two)).toEqual(['done', 'done']);
    await world.undo(two);
    await world.settle(one, two);
    expect(world.chain.calls).toEqual([collect, freed, collect]);
    expect(await world.states(two)).toEqual(['done']);
  });

  it('goes again as it was signed where it is undone before its nonce was freed', async () => {
    const [one, two] = [collection('7'), collection('8')];
    await world.done(one, two);
    world.chain.lose();
    await world.takeBack(one, two);
    await world.undo(two);
    await world.undo(one);
    await world.settle(one, two);
    expect(world.chain.calls).toEqual([collect, collect]);
  });

  it('gives out no credit whose payment is gone', async () => {
    const [one, two] = [issueFor('7'), issueFor('8')];
    await world.told(paidIn('7'));
    await world.told(paidIn('8'));
    await world.done(one, two);
    world.chain.lose();
    await world.takeBack(one, two);
    await world.lost(paidIn('8'));
    await world.undo(one);
    await world.undo(two);
    await world.settle(one, two);
    expect(world.chain.calls).toEqual([issue, freed]);
    expect(await world.states(one, two)).toEqual(['done', 'failed: payment_reversed']);
  });

  it('goes again by itself where the ledger was never told of it, so that nobody could undo it', async () => {
    const [one, two] = [refundOf('3', zeroAddress), refundOf('4', zeroAddress)];
    await world.done(one, two);
    world.chain.lose();
    await world.takeBack(one);
    await world.undo(one);
    await world.settle(one, two);
    expect(world.chain.calls).toEqual([refund, refund]);
  });
});

it('captures again what an older order had captured, since only the last one can be undone', async () => {
  const [one, both] = [['d'], ['d', 'e']].map((digits) =>
    captureOrdered({ chainId, tokens: digits.map((digit) => `0x${digit.repeat(40)}`) }),
  );
  await world.done(one!, both!);
  world.chain.lose();
  await world.takeBack(both!);
  await world.undo(both!);
  await world.settle(both!);
  expect(world.chain.calls).toEqual([capture, capture]);
});

it('sends nothing where a process ended before an undoing was written, and goes on with it later', async () => {
  const event = issueFor('7');
  await world.told(paidIn('7'));
  await world.done(event);
  world.chain.lose();
  await world.takeBack(event);
  await world.undo(event, { isCut: true });
  await world.settle(event);
  expect([world.chain.calls, await world.states(event)]).toEqual([[freed], ['done']]);
  await world.undo(event);
  await world.settle(event);
  expect([world.chain.calls, await world.states(event)]).toEqual([[freed, issue], ['done']]);
});

describe('what was sent before a dispatch that is undone, and was lost as well', () => {
  it('is the approval of a refund in a token: it goes again, and the key goes on', async () => {
    const [event, next] = [refundOf('3'), refundOf('4')];
    await world.done(event);
    world.chain.lose();
    await world.takeBack(event);
    await world.undo(event);
    await world.order(next);
    await world.settle(event, next);
    expect(world.chain.calls).toEqual([approve, refund, refund]);
    expect(await world.states(event, next)).toEqual(['done', 'done']);
  });

  it('is a refund of the chain itself: its nonce is freed, and it is signed anew once it is undone', async () => {
    const [one, two] = [refundOf('3', zeroAddress), refundOf('4', zeroAddress)];
    await world.done(one, two);
    world.chain.lose();
    await world.takeBack(one, two);
    await world.undo(two);
    await world.settle(one, two);
    expect(world.chain.calls).toEqual([freed, refund]);
    await world.undo(one);
    await world.settle(one, two);
    expect(world.chain.calls).toEqual([freed, refund, refund]);
    expect(await world.states(one, two)).toEqual(['done', 'done']);
  });

  it('is a revocation, which goes again by itself', async () => {
    const event = collection('7');
    await world.done(revocation, event);
    world.chain.lose();
    await world.takeBack(event);
    await world.undo(event);
    await world.settle(event);
    expect(world.chain.calls).toEqual([revoke, collect]);
  });

  it('is a refund in a token that was not undone: both its transactions are freed, and signed anew by name', async () => {
    const [one, two] = [refundOf('3'), refundOf('4')];
    await world.done(one, two);
    world.chain.lose();
    await world.takeBack(one, two);
    await world.undo(two);
    await world.settle(one, two);
    await world.undo(one);
    await world.settle(one, two);
    expect(world.chain.calls.slice(0, 2)).toEqual([freed, freed]);
    expect(world.chain.calls.filter((call) => call === refund)).toHaveLength(2);
    expect(await world.states(one, two)).toEqual(['done', 'done']);
  });

  it('stays as it is where the chain still has it', async () => {
    const [one, two] = [refundOf('3', zeroAddress), refundOf('4', zeroAddress)];
    await world.done(one, two);
    world.chain.lose(1);
    await world.takeBack(two);
    await world.undo(two);
    await world.settle(one, two);
    expect(world.chain.calls).toEqual([refund, refund]);
    expect(await world.states(one, two)).toEqual(['done', 'done']);
  });
});
