import { id, MaxUint256, ZeroAddress } from 'ethers';
import type { GasFigure } from './anchor-gas.ts';
import { providerId, sent, type SettlementChain, settlementOn } from './settlement-chain.ts';
import { mandateId, signedAuthorization, signedPermit, signedPermit2 } from './settlement-signing.ts';
import type { ThrowawayChain } from './throwaway-chain.ts';

const batch = 20;
const deadline = 4_102_444_800;

/** One way to pay the next free slots: what it costs, by the receipt. */
type Payment = (context: SettlementChain, nextSeq: () => bigint) => Promise<number>;

const payments: readonly (readonly [name: string, budget: number, pay: Payment])[] = [
  ['native', 68_000, payNative],
  ['token', 81_000, payToken],
  ['permit', 95_000, payWithPermit],
  ['permit2', 101_000, payWithPermit2],
  ['authorization', 120_000, payWithAuthorization],
  [`batch${batch}.item`, 23_000, payBatch],
  ['refund', 80_000, refund],
  ['collect', 80_000, collect],
  ['collect.counted', 80_000, collectCounted],
];

/**
 * Receipts without a fee, calldata and the transaction's 21,000 included, of the second operation of its kind: the first one opens words of
 * storage that the next 255 find open. Allowances have no end, but for `collect.counted`. All inputs are fixed, so the same compiler gives the same gas.
 */
export async function measureSettlementGas(chain: ThrowawayChain): Promise<GasFigure[]> {
  const context = await settlementOn(chain);
  const { dollar, hands, permit2, settlement } = context;
  for (const owner of [hands.payer, hands.refunder]) {
    await sent(dollar, owner, 'mint', owner.address, 10n ** 12n);
    await sent(dollar, owner, 'approve', await settlement.getAddress(), MaxUint256);
  }
  await sent(dollar, hands.payer, 'approve', permit2, MaxUint256);
  let seq = 0n;
  const nextSeq = () => ++seq;
  const figures: GasFigure[] = [];
  for (const [name, budget, pay] of payments) {
    await pay(context, nextSeq);
    figures.push({ name: `settlement.${name}`, gas: await pay(context, nextSeq), budget });
  }
  return figures;
}

async function payNative({ settlement, hands, quote, sign }: SettlementChain, nextSeq: () => bigint): Promise<number> {
  const q = quote({ seq: nextSeq(), token: ZeroAddress, amount: 10n ** 15n });
  return sent(settlement, hands.payer, 'payNative', q, hands.signer.address, await sign(q), { value: q.amount });
}

async function payToken({ settlement, hands, quote, sign }: SettlementChain, nextSeq: () => bigint): Promise<number> {
  const q = quote({ seq: nextSeq() });
  return sent(settlement, hands.payer, 'payToken', q, hands.signer.address, await sign(q));
}

/** A wallet that gave no allowance before, as it is with permits. */
async function payWithPermit(context: SettlementChain, nextSeq: () => bigint): Promise<number> {
  const { settlement, dollar, dollarDomain, hands, quote, sign } = context;
  const payer = hands.other;
  await sent(dollar, payer, 'mint', payer.address, 10n ** 9n);
  const q = quote({ seq: nextSeq() });
  const nonce = (await dollar.getFunction('nonces')(payer.address)) as bigint;
  const spender = await settlement.getAddress();
  const permit = await signedPermit(payer, dollarDomain, { spender, value: q.amount, nonce, deadline });
  return sent(settlement, payer, 'payWithPermit', q, hands.signer.address, await sign(q), ...permit);
}

async function payWithPermit2(context: SettlementChain, nextSeq: () => bigint): Promise<number> {
  const { settlement, permit2Domain, hands, quote, sign } = context;
  const q = quote({ seq: nextSeq() });
  const spender = await settlement.getAddress();
  const payerSig = await signedPermit2(hands.payer, permit2Domain, { spender, nonce: q.seq, quote: q });
  const signer = hands.signer.address;
  return sent(settlement, hands.stranger, 'payWithPermit2', q, signer, await sign(q), hands.payer.address, q.seq, payerSig);
}

async function payWithAuthorization(context: SettlementChain, nextSeq: () => bigint): Promise<number> {
  const { settlement, dollarDomain, hands, quote, sign } = context;
  const q = quote({ seq: nextSeq() });
  const auth = await signedAuthorization(hands.payer, dollarDomain, await settlement.getAddress(), q);
  const signer = hands.signer.address;
  return sent(settlement, hands.stranger, 'payWithAuthorization', q, signer, await sign(q), hands.payer.address, auth);
}

/** For each invoice of the batch. */
async function payBatch({ settlement, hands, quote, sign }: SettlementChain, nextSeq: () => bigint): Promise<number> {
  const quotes = Array.from({ length: batch }, () => quote({ seq: nextSeq() }));
  const signatures = await Promise.all(quotes.map((q) => sign(q)));
  return Math.ceil((await sent(settlement, hands.payer, 'payBatch', quotes, hands.signer.address, signatures)) / batch);
}

async function refund({ settlement, dollar, hands }: SettlementChain, nextSeq: () => bigint): Promise<number> {
  const token = await dollar.getAddress();
  const slots = [providerId, 1n, nextSeq()] as const;
  return sent(settlement, hands.refunder, 'refund', ...slots, token, hands.payer.address, 12_500_000n, id('reason'));
}

/** The signature goes with the first one alone. */
async function collect(context: SettlementChain, nextSeq: () => bigint): Promise<number> {
  const { settlement, domain, hands, mandate, signMandate } = context;
  const terms = mandate();
  const seq = nextSeq();
  const { approved } = (await settlement.getFunction('stateOf')(mandateId(domain, terms))) as { approved: boolean };
  const signature = approved ? '0x' : await signMandate(terms);
  return sent(settlement, hands.collector, 'collect', terms, signature, 12_500_000n, seq, id(`invoice ${seq}`));
}

/** Under an allowance that counts down, as careful payers give one. */
async function collectCounted(context: SettlementChain, nextSeq: () => bigint): Promise<number> {
  const { settlement, dollar, hands } = context;
  await sent(dollar, hands.payer, 'approve', await settlement.getAddress(), 10n ** 9n);
  return collect(context, nextSeq);
}
