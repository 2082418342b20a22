import { id } from 'ethers';
import type { ChainEffect, LogsByEffect } from '../../../services/settlement/domain/chain-effect.ts';
import type { CreditHolderEvent } from '../../../services/settlement/domain/credit.events.ts';
import { type CreditHolder, creditHolder } from '../../../services/settlement/domain/credit-holder.ts';
import type { CreditIssueOrdered, CreditRefundOrdered, DispatchEvent } from '../../../services/settlement/domain/dispatch.events.ts';
import { type Dispatch, dispatch } from '../../../services/settlement/domain/dispatch.ts';
import type { KnownToken } from '../../../services/settlement/domain/token-amount.ts';
import { given } from '../../support/given.ts';
import { type At, effectOf } from './effect.fixtures.ts';
import { account, place } from './slot.fixtures.ts';

export const creditContract = `0x${'cd'.repeat(20)}`;
export const euroCredit: KnownToken = { address: creditContract, currency: 'EUR', decimals: 2 };
export const holder = `0x${'ab'.repeat(20)}`;
export const stranger = `0x${'5a'.repeat(20)}`;
export const otherAccount = 'acc_00000000-0000-5000-8000-000000000002';
const target = { chainId: place.chainId, contract: creditContract, providerId: '11' };

/** 50.00 EUR, bought in slot 7, good until January 2027. */
export const issueOrdered: CreditIssueOrdered = {
  ...target,
  ...{ settlement: `31337.${place.contract}.slot.7`, slot: '7', account, amount: '50.00', currency: 'EUR' },
  ...{ to: holder, units: '5000', epoch: '84', ref: id('credit 7') },
};

export const creditRefundOrdered: CreditRefundOrdered = {
  ...target,
  ...{ refund: 'rfd_00000000-0000-5000-8000-000000000001', refundSeq: '3', slot: '7', account, amount: '20.00', currency: 'EUR' },
  ...{ holder, units: '2000', ref: id('refund 3') },
};

export const orderedIssue = given<Dispatch, DispatchEvent>(dispatch, [{ type: 'CreditIssueOrdered/1', data: issueOrdered }]).state;
export const orderedRefund = given<Dispatch, DispatchEvent>(dispatch, [{ type: 'CreditRefundOrdered/1', data: creditRefundOrdered }]).state;
export const knownHolder = given<CreditHolder, CreditHolderEvent>(creditHolder, [
  { type: 'CreditHolderNamed/1', data: { holder, account } },
]).state;
export const unknownHolder = creditHolder.initial;

type Log<Kind extends keyof LogsByEffect, Name> = Extract<LogsByEffect[Kind], { readonly name: Name }>;

const at: At = { contract: creditContract };

export function issued(changes: Partial<Log<'issue', 'CreditIssued'>> = {}): ChainEffect {
  const { to, slot: seq, units: amount, epoch, ref } = issueOrdered;
  return effectOf('issue', changes.seq ?? seq, { name: 'CreditIssued', to, seq, amount, epoch, ref, ...changes }, at);
}

export function redeemed(changes: Partial<Log<'redeem', 'CreditRedeemed'>> = {}): ChainEffect {
  const log = { name: 'CreditRedeemed', holder, invoiceRef: id('nothing'), seq: '7', amount: '6050', ...changes } as const;
  return effectOf('redeem', `${log.holder}.${log.seq}`, log, at);
}

export function expired(changes: Partial<Log<'log', 'CreditExpired'>> = {}): ChainEffect {
  return effectOf('log', `0x${'77'.repeat(32)}.0`, { name: 'CreditExpired', holder, amount: '1250', epoch: '84', ...changes }, at);
}

export function refunded(changes: Partial<Log<'credit-refund', 'CreditRefunded'>> = {}): ChainEffect {
  const { refundSeq: seq, units: amount, ref } = creditRefundOrdered;
  return effectOf('credit-refund', changes.seq ?? seq, { name: 'CreditRefunded', holder, seq, amount, ref, ...changes }, at);
}
