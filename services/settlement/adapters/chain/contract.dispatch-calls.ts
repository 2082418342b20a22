import type { ErrorDescription, Interface } from 'ethers';
import { ChainRefusedFault } from '../../../chain/application/chain-faults.ts';
import type { ChainNode } from '../../../chain/application/chain-node.ts';
import type { Call } from '../../../chain/application/transaction.ts';
import type { DispatchCalls, NextCall } from '../../application/sending/dispatch-calls.ts';
import { graceMonths } from '../../domain/credit-epoch.ts';
import type {
  CreditExpiryOrdered,
  CreditIssueOrdered,
  DispatchFailure,
  OrderEvent,
  RefundClaimOrdered,
  RefundOrdered,
  RelayOrdered,
} from '../../domain/dispatch.events.ts';
import { zeroAddress } from '../../domain/quote.ts';
import { dailyCapOf } from './chain.credit-caps.ts';
import { creditContract, errorInterfaces, escrowContract, settlementContract, tokenContract } from './contract-interfaces.ts';

const errorTextMax = 200;
/** Whatever our contracts refuse, they refuse before they call the token. */
const ours = /^(ProviderSettlement|ProviderRegistry|EnforcedPause|Reentrancy)/;

/** The calls of ProviderSettlement, PpvEscrow and PrepaidCredit. */
export class ContractDispatchCalls implements DispatchCalls {
  async next(order: OrderEvent, by: { readonly node: ChainNode; readonly from: string }): Promise<NextCall | 'too-early' | undefined> {
    if (order.type === 'RefundOrdered/1') return refundStep(order.data, by);
    if (order.type === 'RefundClaimOrdered/1') return claimStep(order.data, by);
    if (order.type === 'CreditIssueOrdered/1' && (await waitsForCap(order.data, by.node))) return 'too-early';
    if (order.type === 'CreditExpiryOrdered/1') return expiryStep(order.data, by.node);
    return { step: 'main', call: callOf(order) };
  }

  async shortage(
    { type, data }: OrderEvent,
    { node, error }: { readonly node: ChainNode; readonly error: string },
  ): Promise<DispatchFailure | undefined> {
    if (type !== 'CollectOrdered/1' || ours.test(error)) return undefined;
    const { terms, contract, tokenUnits: needed } = data;
    const held = async (name: 'balanceOf' | 'allowance', ...values: readonly string[]) => {
      const call = { to: terms.token, data: tokenContract.encodeFunctionData(name, values) };
      return BigInt(await node.call<string>('eth_call', call, 'latest'));
    };
    const balance = await held('balanceOf', terms.payer);
    if (balance < BigInt(needed)) return { code: 'balance_short', needed, held: balance.toString() };
    const allowance = await held('allowance', terms.payer, contract);
    return allowance < BigInt(needed) ? { code: 'allowance_short', needed, held: allowance.toString() } : undefined;
  }

  errorIn(fault: unknown): string | undefined {
    if (!(fault instanceof ChainRefusedFault) || fault.revertData === undefined) return undefined;
    for (const known of errorInterfaces) {
      const error = parsed(known, fault.revertData);
      if (error !== null) return short(`${error.name}(${error.args.join(', ')})`);
    }
    return short(`unknown(${fault.revertData})`);
  }
}

/** What a token returns may be cut short. */
function parsed(known: Interface, data: string): ErrorDescription | null {
  try {
    return known.parseError(data);
  } catch {
    return null;
  }
}

/** A refund is pulled from whoever sends it. */
async function refundStep(data: RefundOrdered, { node, from }: { readonly node: ChainNode; readonly from: string }): Promise<NextCall> {
  const { providerId, slot, refundSeq, token, to, tokenUnits, reason, contract } = data;
  const units = BigInt(tokenUnits);
  const encoded = settlementContract.encodeFunctionData('refund', [providerId, slot, refundSeq, token, to, units, reason]);
  if (token === zeroAddress) return { step: 'main', call: { to: contract, data: encoded, value: units } };
  const asked = { to: token, data: tokenContract.encodeFunctionData('allowance', [from, contract]) };
  const allowed = BigInt(await node.call<string>('eth_call', asked, 'latest'));
  if (allowed >= units) return { step: 'main', call: { to: contract, data: encoded } };
  // Some tokens change an allowance only from zero.
  const approved = allowed === 0n ? units : 0n;
  return { step: 'approve', call: { to: token, data: tokenContract.encodeFunctionData('approve', [contract, approved]) } };
}

/** One that was paid back already makes the contract refuse the whole claim, and says so: it is left out, and the rest is tried again. */
async function claimStep(
  { providerId, eventId, token, slots, contract: to }: RefundClaimOrdered,
  { node, from }: { readonly node: ChainNode; readonly from: string },
): Promise<NextCall | undefined> {
  const left = new Set(slots);
  while (left.size > 0) {
    const call = { to, data: escrowContract.encodeFunctionData('claimRefunds', [providerId, eventId, token, [...left]]) };
    const refused = await refusedSlot(node, { from, ...call });
    // Whatever else is refused is told by whoever sends it.
    if (refused === undefined || !left.delete(refused)) return { step: 'main', call };
  }
  return undefined;
}

async function refusedSlot(node: ChainNode, call: Call & { readonly from: string }): Promise<string | undefined> {
  try {
    await node.call('eth_call', call, 'latest');
    return undefined;
  } catch (fault) {
    if (!(fault instanceof ChainRefusedFault) || fault.revertData === undefined) return undefined;
    const error = parsed(escrowContract, fault.revertData);
    return error?.name === 'PpvEscrowNothingToRefund' ? String(error.args[0]) : undefined;
  }
}

/** Credit that was paid for on the same day as a lot of other credit is given out on the next; what no day can hold is tried, and refused. */
async function waitsForCap({ contract: token, units }: CreditIssueOrdered, node: ChainNode): Promise<boolean> {
  const { cap, left } = await dailyCapOf(node, token);
  return BigInt(units) > left && BigInt(units) <= cap;
}

/**
 * The contract refuses no expiry: one that has nothing to burn goes through, and costs. So it is asked before, by the time of its own blocks and
 * not by ours. Blocks only go forward: what may be burnt in the newest one may be burnt in the next.
 */
async function expiryStep(
  { contract: to, holder, epoch }: CreditExpiryOrdered,
  node: ChainNode,
): Promise<NextCall | 'too-early' | undefined> {
  const asked = async (name: 'currentEpoch' | 'balanceOfAtEpoch', ...values: readonly string[]) =>
    BigInt(await node.call<string>('eth_call', { to, data: creditContract.encodeFunctionData(name, values) }, 'latest'));
  if ((await asked('currentEpoch')) <= BigInt(epoch) + BigInt(graceMonths)) return 'too-early';
  // Anybody may have burnt it. Older months that are left have an order of their own, once the books know of this one.
  if ((await asked('balanceOfAtEpoch', epoch, holder)) === 0n) return undefined;
  return { step: 'main', call: { to, data: creditContract.encodeFunctionData('expire', [holder]) } };
}

function callOf({
  type,
  data,
}: Exclude<OrderEvent, { readonly type: 'RefundOrdered/1' | 'RefundClaimOrdered/1' | 'CreditExpiryOrdered/1' }>): Call {
  const { contract: to, providerId } = data;
  switch (type) {
    case 'CaptureOrdered/1':
      return { to, data: escrowContract.encodeFunctionData('captureEvent', [providerId, data.eventId, [...data.tokens]]) };
    case 'EventCancelOrdered/1':
      return { to, data: escrowContract.encodeFunctionData('cancelEvent', [providerId, data.eventId]) };
    case 'PurchaseRefundOrdered/1':
      return { to, data: escrowContract.encodeFunctionData('refundPurchase', [providerId, data.eventId, data.token, data.slot]) };
    case 'CollectOrdered/1': {
      const { terms, signature, tokenUnits, slot, invoiceRef } = data;
      return { to, data: settlementContract.encodeFunctionData('collect', [terms, signature, tokenUnits, slot, invoiceRef]) };
    }
    case 'RevocationOrdered/1':
      return { to, data: settlementContract.encodeFunctionData('revokeBySig', [data.terms, data.signature]) };
    case 'CreditIssueOrdered/1':
      return { to, data: creditContract.encodeFunctionData('issue', [data.to, data.units, data.slot, data.epoch, data.ref]) };
    case 'CreditRefundOrdered/1':
      return { to, data: creditContract.encodeFunctionData('refundCredit', [data.holder, data.units, data.refundSeq, data.ref]) };
    case 'RedemptionOrdered/1': {
      const { holder, units, invoiceRef, slot, deadline, signature } = data;
      return { to, data: creditContract.encodeFunctionData('redeemWithSig', [holder, units, invoiceRef, slot, deadline, signature]) };
    }
    case 'RelayOrdered/1':
      return { to, data: relayedCall(data) };
  }
}

function relayedCall({ terms, signer, quoteSignature, payer, method, nonce, signature }: RelayOrdered): string {
  const isPermit2 = method === 'permit2';
  const [contract, signed, name] =
    terms.module === 'settlement'
      ? [settlementContract, terms.quote, isPermit2 ? 'payWithPermit2' : 'payWithAuthorization']
      : [escrowContract, terms.offer, isPermit2 ? 'purchaseWithPermit2' : 'purchaseWithAuthorization'];
  return contract.encodeFunctionData(name, [signed, signer, quoteSignature, payer, ...(isPermit2 ? [nonce] : []), signature]);
}

/** Texts of contracts are anybody's: they are kept short, and plain. */
function short(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '').slice(0, errorTextMax);
}
