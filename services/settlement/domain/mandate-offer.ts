import { id as hashOf } from 'ethers';
import { providerIdOf } from './chain-number.ts';
import type { MandateOffered } from './mandate.events.ts';
import { mandateDigest, type MandateTerms } from './mandate-terms.ts';
import { type ContractPlace, invoiceRefOf } from './quote.ts';
import { noTerms } from './terms.ts';
import type { KnownToken } from './token-amount.ts';

/** Who is collected from, and within what. */
export type MandateCaps = Pick<MandateTerms, 'payer' | 'maxPerPeriod' | 'totalCap' | 'period' | 'start' | 'end'>;

export interface MandateAsked {
  readonly provider: string;
  readonly account: string;
  readonly place: ContractPlace;
  readonly token: KnownToken;
  readonly caps: MandateCaps;
  readonly commandId: string;
  /** On the page of a checkout. */
  readonly byPayer?: true;
}

/** The salts follow from the command, so that a repeat of it is the same mandate. */
export function mandateOffer({ provider, account, place, token, caps, commandId, byPayer }: MandateAsked): MandateOffered {
  const accountSalt = hashOf(`tallyroot:mandate-account:1\n${commandId}`);
  const terms = {
    ...{ providerId: providerIdOf(provider), payer: caps.payer.toLowerCase(), token: token.address },
    ...{ maxPerPeriod: caps.maxPerPeriod, totalCap: caps.totalCap, period: caps.period, start: caps.start, end: caps.end },
    accountRef: invoiceRefOf({ salt: accountSalt, invoiceId: account, termsHash: noTerms }),
    salt: mandateSalt(commandId),
  };
  const { chainId, contract } = place;
  const offered = { mandate: mandateDigest(terms, place), account, chainId, contract, terms, tokenCurrency: token.currency, accountSalt };
  return { ...offered, ...(byPayer !== undefined && { byPayer }) };
}

/** What a mandate is known by where the command that offered it comes again. */
export function mandateSalt(commandId: string): string {
  return BigInt(hashOf(`tallyroot:mandate:1\n${commandId}`)).toString();
}
