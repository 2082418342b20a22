import { id, MaxUint256, Wallet, ZeroAddress } from 'ethers';
import type { GasFigure } from './anchor-gas.ts';
import { day, type EscrowChain, escrowOn } from './escrow-chain.ts';
import { type Offer, signedOfferAuthorization, signedOfferPermit2 } from './escrow-signing.ts';
import { providerId, sent, settlementOn } from './settlement-chain.ts';
import type { ThrowawayChain } from './throwaway-chain.ts';

/** Times go into calldata, so they are fixed, too: May 2033. */
const start = 2_000_000_000;
const viewers = 20;

/**
 * Receipts without a fee, calldata and the transaction's 21,000 included: purchases, captures, issues and redemptions after the first of their
 * kind, since the first opens words of storage that the next find open. All inputs are fixed, so the same compiler gives the same gas.
 */
export async function measureEscrowGas(chain: ThrowawayChain): Promise<GasFigure[]> {
  const settlement = await settlementOn(chain);
  await chain.provider.send('evm_setNextBlockTimestamp', [start]);
  await chain.provider.send('evm_mine', []);
  const fresh = await escrowOn(settlement);
  const on: EscrowChain = {
    ...fresh,
    offer: (given) => fresh.offer({ captureAfter: start + day, reclaimAfter: start + 15 * day, ...given }),
  };
  return [...(await creditFigures(on)), ...(await purchaseFigures(on)), ...(await refundFigures(on)), ...(await captureFigures(on))];
}

async function purchaseFigures(on: EscrowChain): Promise<GasFigure[]> {
  const { escrow, dollar, dollarDomain, permit2, permit2Domain, hands, offer, signOffer } = on;
  const { payer, signer, stranger } = hands;
  await sent(dollar, payer, 'approve', permit2, MaxUint256);
  await buy(on, offer({ eventId: 4n, seq: 9n }));
  const address = await escrow.getAddress();
  const native = { token: ZeroAddress, amount: 10n ** 15n };
  await buy(on, offer({ seq: 1n }));
  const token = await buy(on, offer({ seq: 2n }));
  const first = await buy(on, offer({ eventId: 6n, seq: 8n }));
  await buy(on, offer({ seq: 3n, ...native }));
  const coin = await buy(on, offer({ seq: 4n, ...native }));
  const authorized = offer({ seq: 5n });
  const auth = await signedOfferAuthorization(payer, dollarDomain, address, authorized);
  const byAuthorization = [authorized, signer.address, await signOffer(authorized), payer.address, auth] as const;
  const authorization = await sent(escrow, stranger, 'purchaseWithAuthorization', ...byAuthorization);
  const permit2Gas = async (seq: bigint) => {
    const permitted = offer({ seq });
    const payerSig = await signedOfferPermit2(payer, permit2Domain, { escrow: address, nonce: 1_000n + seq, offer: permitted });
    const call = [permitted, signer.address, await signOffer(permitted), payer.address, 1_000n + seq, payerSig] as const;
    return sent(escrow, stranger, 'purchaseWithPermit2', ...call);
  };
  await permit2Gas(6n);
  return [
    { name: 'escrow.purchase.first', gas: first, budget: 150_000 },
    { name: 'escrow.purchase', gas: token, budget: 110_000 },
    { name: 'escrow.purchase.native', gas: coin, budget: 110_000 },
    { name: 'escrow.purchase.authorization', gas: authorization, budget: 145_000 },
    { name: 'escrow.purchase.permit2', gas: await permit2Gas(7n), budget: 130_000 },
  ];
}

/** Each of 20 viewers, by one transaction, whose dollars are not all spent, or are. */
async function refundFigures(on: EscrowChain): Promise<GasFigure[]> {
  const { escrow, dollar, hands, offer } = on;
  const token = await dollar.getAddress();
  const figures: GasFigure[] = [];
  let cancel = 0;
  for (const [name, eventId, kept, budget] of [
    ['escrow.refund.each', 2n, 1n, 20_000],
    ['escrow.refund.each.empty', 3n, 0n, 37_000],
  ] as const) {
    const seqs = Array.from({ length: viewers }, (_, index) => eventId * 256n + BigInt(index));
    for (const seq of seqs) {
      const viewer = await fundedViewer(on, seq);
      const bought = offer({ eventId, seq });
      await sent(dollar, viewer, 'mint', viewer.address, bought.amount + kept);
      await sent(dollar, viewer, 'approve', await escrow.getAddress(), MaxUint256);
      await buy(on, bought, viewer);
    }
    cancel = await sent(escrow, hands.signer, 'cancelEvent', providerId, eventId);
    const gas = await sent(escrow, hands.stranger, 'claimRefunds', providerId, eventId, token, seqs);
    figures.push({ name, gas: Math.ceil(gas / viewers), budget });
  }
  return [{ name: 'escrow.cancel', gas: cancel, budget: 41_000 }, ...figures];
}

/** Of an event beside others, whose money stays, and of the last one in its token. */
async function captureFigures({ chain, escrow, dollar, hands }: EscrowChain): Promise<GasFigure[]> {
  const token = await dollar.getAddress();
  await chain.provider.send('evm_setNextBlockTimestamp', [start + day + 3_600]);
  const capture = (eventId: bigint) => sent(escrow, hands.signer, 'captureEvent', providerId, eventId, [token]);
  await capture(4n);
  const beside = await capture(1n);
  return [
    { name: 'escrow.capture.beside', gas: beside, budget: 56_000 },
    { name: 'escrow.capture', gas: await capture(6n), budget: 56_000 },
  ];
}

/** Of a holder whose credit is of twelve months, or of one. */
async function creditFigures(on: EscrowChain): Promise<GasFigure[]> {
  const { credit, hands, redemption, signRedemption } = on;
  const { collector, payer, other, refunder, stranger } = hands;
  const epoch = Number(await credit.getFunction('currentEpoch')());
  const issue = (seq: bigint, to: Wallet, month: number) => sent(credit, collector, 'issue', to.address, 1_000n, seq, month, id('sale'));
  for (let month = 0; month < 12; month++) await issue(BigInt(month), other, epoch + month);
  await issue(12n, payer, epoch);
  const issued = await issue(13n, payer, epoch);
  await sent(credit, payer, 'redeem', 100n, id('invoice'), 1n);
  const redeemed = await sent(credit, payer, 'redeem', 100n, id('invoice'), 2n);
  const signed = redemption({ seq: 3n });
  const bySignature: unknown[] = [...(Object.values(signed) as unknown[]), await signRedemption(signed)];
  const relayed = await sent(credit, stranger, 'redeemWithSig', ...bySignature);
  await sent(credit, refunder, 'refundCredit', payer.address, 100n, 1n, id('refund'));
  const refunded = await sent(credit, refunder, 'refundCredit', payer.address, 100n, 2n, id('refund'));
  const whole = await sent(credit, other, 'redeem', 12_000n, id('invoice'), 1n);
  return [
    { name: 'credit.issue', gas: issued, budget: 80_000 },
    { name: 'credit.redeem', gas: redeemed, budget: 60_000 },
    { name: 'credit.redeemWithSig', gas: relayed, budget: 67_000 },
    { name: 'credit.refund', gas: refunded, budget: 75_000 },
    { name: 'credit.redeem.twelveMonths', gas: whole, budget: 170_000 },
  ];
}

async function buy(on: EscrowChain, offer: Offer, by = on.hands.payer): Promise<number> {
  const value = offer.token === ZeroAddress ? offer.amount : 0n;
  return sent(on.escrow, by, 'purchase', offer, on.hands.signer.address, await on.signOffer(offer), { value });
}

async function fundedViewer({ chain }: EscrowChain, seq: bigint): Promise<Wallet> {
  const viewer = new Wallet(id(`viewer ${seq}`), chain.provider);
  await chain.provider.send('anvil_setBalance', [viewer.address, '0x56bc75e2d63100000']);
  return viewer;
}
