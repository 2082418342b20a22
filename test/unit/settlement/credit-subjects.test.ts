import { beforeEach, describe, expect, it } from '@jest/globals';
import { accountStream } from '../../../services/accounts/application/account-command.ts';
import { openAccount } from '../../../services/accounts/domain/account.decider.ts';
import { account } from '../../../services/accounts/domain/account.ts';
import { moneyOf } from '../../../services/money/money.ts';
import { creditHolderStream, creditTokenStream } from '../../../services/settlement/application/credit/credit-streams.ts';
import { type CreditEffect, CreditSubjects } from '../../../services/settlement/application/credit/credit-subjects.ts';
import { CreditTokens } from '../../../services/settlement/application/credit/credit-tokens.ts';
import { creditHolder, nameCreditHolder } from '../../../services/settlement/domain/credit-holder.ts';
import { creditTokenIn, creditTokens, recordCreditToken } from '../../../services/settlement/domain/credit-token.ts';
import { creditContract, expired, holder, otherAccount, redeemed } from './credit.fixtures.ts';
import { RefundWorld } from './refund.fixtures.ts';
import { account as euros, place } from './slot.fixtures.ts';

/** The credit is in dollars. */
let world: RefundWorld;
beforeEach(async () => {
  world = new RefundWorld();
  const log = { name: 'CreditCreated', fields: { token: creditContract, currency: '0x555344', decimals: '2' } } as const;
  const data = creditTokenIn({ chainId: place.chainId, tx: '0x1' }, log);
  await world.act(creditTokens, creditTokenStream('demo', place.chainId), (state) => recordCreditToken(state, data));
});

async function holds(id: string, currency: string): Promise<void> {
  const opening = { account: id, billing: 'prepaid', creditLimit: moneyOf('0', currency) } as const;
  await world.act(account, accountStream('demo', id), (state) => openAccount(state, opening));
  await world.act(creditHolder, creditHolderStream('demo', holder), (state) => nameCreditHolder(state, { holder, account: id }));
}

function subjectOf(effect: unknown) {
  const executor = world.executor();
  return new CreditSubjects(executor, new CreditTokens(executor)).find('demo', effect as CreditEffect);
}

describe('credit that one address holds for accounts in several currencies', () => {
  beforeEach(() => holds(euros, 'EUR'));

  it.each([
    ['spent on nothing', redeemed()],
    ['over', expired()],
  ])('and that is %s belongs to the first account in the currency of the credit', async (_, effect) => {
    await holds(otherAccount, 'USD');
    expect(await subjectOf(effect)).toMatchObject({ credit: { holder, account: otherAccount, currency: 'USD' } });
  });

  it.each([
    ['spent', redeemed()],
    ['over', expired()],
  ])('and that is %s in a currency of none of them is in suspense', async (_, effect) =>
    expect(await subjectOf(effect)).toEqual({ unmatched: 'holder_unknown' }),
  );
});
