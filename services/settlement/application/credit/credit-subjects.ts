import { accountStream } from '../../../accounts/application/account-command.ts';
import { account } from '../../../accounts/domain/account.ts';
import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { ChainEffect, EffectOf } from '../../domain/chain-effect.ts';
import { creditHolder, type HoldingAccounts } from '../../domain/credit-holder.ts';
import { matchCreditRefund, matchExpiry, matchIssue } from '../../domain/credit-match.ts';
import { creditRefundDispatchId, issueDispatchId } from '../../domain/dispatch.events.ts';
import { dispatch } from '../../domain/dispatch.ts';
import { matchRedemption } from '../../domain/redemption.ts';
import type { SettlementSubject } from '../../domain/settlement.events.ts';
import { slot } from '../../domain/slot.ts';
import type { KnownToken } from '../../domain/token-amount.ts';
import { creditHolderStream } from './credit-streams.ts';
import type { CreditTokens } from './credit-tokens.ts';
import { dispatchStream } from '../sending/sending-streams.ts';
import { slotStream } from '../settlement-streams.ts';

export type CreditEffect = EffectOf<'CreditIssued' | 'CreditRedeemed' | 'CreditExpired' | 'CreditRefunded'>;

/** Finds out whose prepaid credit an effect moves: what the ledger ordered and offered is in the log before it could happen. */
export class CreditSubjects {
  readonly #executor: CommandExecutor;
  readonly #tokens: CreditTokens;

  constructor(executor: CommandExecutor, tokens: CreditTokens) {
    this.#executor = executor;
    this.#tokens = tokens;
  }

  async find(provider: string, effect: CreditEffect): Promise<SettlementSubject> {
    switch (effect.log.name) {
      case 'CreditIssued':
        return matchIssue(effect as EffectOf<'CreditIssued'>, await this.#dispatch(provider, issueDispatchId(effect.log.seq)));
      case 'CreditRefunded':
        return matchCreditRefund(
          effect as EffectOf<'CreditRefunded'>,
          await this.#dispatch(provider, creditRefundDispatchId(effect.log.seq)),
        );
      case 'CreditRedeemed':
        return matchRedemption(effect as EffectOf<'CreditRedeemed'>, {
          slot: await this.#executor.current(slot, slotStream(provider, effect.log.seq), provider),
          ...(await this.#held(provider, effect, effect.log.holder)),
        });
      case 'CreditExpired': {
        const { holder, token } = await this.#held(provider, effect, effect.log.holder);
        return matchExpiry(effect as EffectOf<'CreditExpired'>, holder, token);
      }
    }
  }

  #dispatch(provider: string, id: string) {
    return this.#executor.current(dispatch, dispatchStream(provider, id), provider);
  }

  /** An address holds credit of several chains, and of accounts in several currencies: whose it is, only one in the credit's own currency can be. */
  async #held(
    provider: string,
    effect: CreditEffect,
    address: string,
  ): Promise<{ readonly holder: HoldingAccounts; readonly token: KnownToken | undefined }> {
    const token = await this.#tokens.at(provider, effect);
    const holder = await this.#executor.current(creditHolder, creditHolderStream(provider, address), provider);
    if (token === undefined) return { holder, token };
    for (const id of holder.accounts) {
      const customer = await this.#executor.current(account, accountStream(provider, id), provider);
      if (customer.status !== 'none' && customer.currency === token.currency) return { holder: { accounts: [id] }, token };
    }
    return { holder: { accounts: [] }, token };
  }
}

export function isCreditEffect({ log: { name } }: Pick<ChainEffect, 'log'>): boolean {
  return name === 'CreditIssued' || name === 'CreditRedeemed' || name === 'CreditExpired' || name === 'CreditRefunded';
}
