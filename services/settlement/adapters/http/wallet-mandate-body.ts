import { instantOf } from '../../domain/chain-time.ts';
import { amountText } from '../../../money/money.ts';
import type { MandateDesk } from '../../application/mandates/mandate-desk.ts';
import type { WalletMandate } from '../../application/mandates/wallet-mandates.ts';
import { mandateTypes, revocationTypes } from '../../domain/mandate-terms.ts';
import type { MandateOffered } from '../../domain/mandate.events.ts';
import { signingDomain } from '../../domain/quote.ts';
import { tokenMoney } from '../../domain/token-amount.ts';
import type { WalletMandateBody } from './wallet-mandates.bodies.ts';

/** What a wallet signs to agree to a mandate, and to end it. */
export function mandateTypedData({ mandate, chainId, contract, terms }: MandateOffered) {
  const domain = { ...signingDomain('settlement', { chainId, contract }), chainId: Number(chainId) };
  return {
    agree: { domain, types: mandateTypes, primaryType: 'Mandate', message: terms },
    revoke: { domain, types: revocationTypes, primaryType: 'Revoke', message: { mandate } },
  };
}

/** A mandate as the wallet that agreed to it may see it, with everything that the wallet signs or sends for it. */
export function walletMandateBody(of: WalletMandate, desk: Pick<MandateDesk, 'callsOf' | 'allowanceOf'>): WalletMandateBody {
  const { state, token, usage, revocation } = of;
  const { mandate, chainId, contract, terms } = state.offered;
  const place = { chainId, contract };
  const amount = (units: bigint | string) => amountText(tokenMoney(units.toString(), token));
  const call = ({ to, data }: { readonly to: string; readonly data: string }) => ({ from: terms.payer, to, value: '0x0', data });
  const { approve, revoke } = desk.callsOf(place, terms);
  const allow = usage === undefined ? [] : desk.allowanceOf(place, terms.token, usage).map(call);
  const { agree, revoke: end } = mandateTypedData(state.offered);
  return {
    ...{ mandate, status: state.status, currency: token.currency },
    ...{ maxPerPeriod: amount(terms.maxPerPeriod), totalCap: amount(terms.totalCap), period: terms.period },
    ...(revocation !== undefined && { revocation }),
    ...(usage !== undefined && { collected: amount(usage.collected) }),
    ...{ start: instantOf(terms.start), end: instantOf(terms.end) },
    ...{ agree: withDomainType(agree), revoke: withDomainType(end) },
    calls: { approve: call(approve), revoke: call(revoke), allow },
  };
}

const domainFields = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
  { name: 'verifyingContract', type: 'address' },
];

/** Wallets want the type of the domain beside the others. */
function withDomainType<Data extends { readonly types: object }>(data: Data) {
  return { ...data, types: { EIP712Domain: domainFields, ...data.types } };
}
