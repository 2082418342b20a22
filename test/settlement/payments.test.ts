import { describe, expect, it } from '@jest/globals';
import { id, TypedDataEncoder, ZeroAddress } from 'ethers';
import { providerId } from '../../bench/support/settlement-chain.ts';
import { quoteTypes } from '../../bench/support/settlement-signing.ts';
import { balanceOf, day, eventsIn, now, refusal, send, settlementFixture, travelBy, travelTo } from './settlement.fixture.ts';
import { allowEverything, quoteFor, tokenWays, wayOf, ways } from './ways-to-pay.ts';

const fixture = settlementFixture();

/** From now on the platform takes this many hundredths of a percent. */
async function takeFee(bps: number): Promise<void> {
  await send(fixture.on.registry, fixture.on.hands.feeAdmin, 'setFee', providerId, bps);
  await travelBy(fixture.on, 7 * day);
}

describe.each(ways)('$method', (way) => {
  it.each([0n, 100n])('moves exactly the amount, with %s hundredths of a percent for the platform', async (bps) => {
    const { on } = fixture;
    const { settlement, hands } = on;
    await allowEverything(on);
    if (bps > 0n) await takeFee(Number(bps));
    const quote = quoteFor(on, way);
    const token = way.isNative ? undefined : on.dollar;
    const { by, call } = await way.pay(on, quote);
    const held = () => Promise.all([hands.treasury, hands.feeReceiver].map(({ address }) => balanceOf(on, address, token)));
    const before = [...(await held()), await balanceOf(on, hands.payer.address, token)] as [bigint, bigint, bigint];
    const receipt = await send(settlement, by, ...call);
    const fee = (quote.amount * bps) / 10_000n;
    expect(await held()).toEqual([before[0] + quote.amount - fee, before[1] + fee]);
    const gas = way.isNative ? receipt.gasUsed * receipt.gasPrice : 0n;
    expect(await balanceOf(on, hands.payer.address, token)).toBe(before[2] - quote.amount - gas);
    expect(await balanceOf(on, await settlement.getAddress(), token)).toBe(0n);
    const { payer, treasury } = hands;
    const money = [quote.token, quote.amount, fee, treasury.address, quote.currency, quote.fiatMinor].join(',');
    const settled = [1n, quote.invoiceRef, payer.address, quote.seq, quote.kind, way.number].join(',');
    expect(eventsIn(receipt, settlement)).toEqual([`Settled(${settled},${money})`]);
    expect(await settlement.getFunction('isSettled')(providerId, quote.seq)).toBe(true);
    expect(await refusal(settlement, by, ...call)).toBe(`ProviderSettlementAlreadySettled(1,${quote.seq})`);
  });

  it('takes a quote between its two times and in neither of them', async () => {
    const { on } = fixture;
    await allowEverything(on);
    const start = (await now(on)) + 100;
    const quote = quoteFor(on, way, { validAfter: start, deadline: start + 100 });
    const { by, call } = await way.pay(on, quote);
    await travelTo(on, start);
    expect(await refusal(on.settlement, by, ...call)).toBe(`ProviderSettlementQuoteNotYetValid(${start})`);
    await travelTo(on, start + 1);
    expect(await refusal(on.settlement, by, ...call)).toBe('accepted');
    await travelTo(on, start + 100);
    expect(await refusal(on.settlement, by, ...call)).toBe(`ProviderSettlementQuoteExpired(${start + 100})`);
  });

  it('takes a quote from the payer that it names, and from nobody else', async () => {
    const { on } = fixture;
    const { payer, other } = on.hands;
    await allowEverything(on);
    const own = await way.pay(on, quoteFor(on, way, { payer: payer.address }));
    expect(await refusal(on.settlement, own.by, ...own.call)).toBe('accepted');
    const foreign = await way.pay(on, quoteFor(on, way, { payer: other.address }));
    expect(await refusal(on.settlement, foreign.by, ...foreign.call)).toBe(
      `ProviderSettlementWrongPayer(${other.address},${payer.address})`,
    );
  });

  it('knows kinds 1 to 5 and amounts above 0 and below 2^128', async () => {
    const { on } = fixture;
    await allowEverything(on);
    for (const kind of [0, 6, 255]) {
      const { by, call } = await way.pay(on, quoteFor(on, way, { kind }));
      expect(await refusal(on.settlement, by, ...call)).toBe(`ProviderSettlementUnknownKind(${kind})`);
    }
    for (const kind of [1, 2, 3, 4, 5]) {
      const { by, call } = await way.pay(on, quoteFor(on, way, { kind }));
      expect(await refusal(on.settlement, by, ...call)).toBe('accepted');
    }
    await on.chain.provider.send('anvil_setBalance', [on.hands.payer.address, `0x1${'0'.repeat(36)}`]);
    for (const amount of [0n, 1n << 128n]) {
      const { by, call } = await way.pay(on, quoteFor(on, way, { amount }));
      expect(await refusal(on.settlement, by, ...call)).toBe(`ProviderSettlementAmountOutOfRange(${amount})`);
    }
  });

  it('takes its own kind of money alone', async () => {
    const { on } = fixture;
    await allowEverything(on);
    const token = way.isNative ? await on.dollar.getAddress() : ZeroAddress;
    const { by, call } = await way.pay(on, quoteFor(on, way, { token }));
    expect(await refusal(on.settlement, by, ...call)).toBe(`ProviderSettlementWrongToken(${token})`);
  });
});

describe('payNative', () => {
  it('takes neither more nor less than the amount', async () => {
    const { on } = fixture;
    const way = wayOf('payNative');
    const quote = quoteFor(on, way);
    for (const value of [quote.amount - 1n, quote.amount + 1n]) {
      const { by, call } = await way.pay(on, quote);
      const refused = await refusal(on.settlement, by, call[0], ...call.slice(1, -1), { value });
      expect(refused).toBe(`ProviderSettlementWrongValue(${value},${quote.amount})`);
    }
  });

  it('takes nothing that comes without a payment', async () => {
    const { on } = fixture;
    const bare = { to: await on.settlement.getAddress(), value: 1n };
    await expect(on.hands.payer.call(bare)).rejects.toThrow();
    await expect(on.hands.payer.call({ ...bare, data: '0x12345678' })).rejects.toThrow();
  });
});

describe('every payment', () => {
  it.each(tokenWays)('fails whole by $method where the payer has too little, and leaves the slot open', async (way) => {
    const { on } = fixture;
    await allowEverything(on);
    const amount = (await balanceOf(on, on.hands.payer.address, on.dollar)) + 1n;
    const { by, call } = await way.pay(on, quoteFor(on, way, { amount }));
    expect(await refusal(on.settlement, by, ...call)).not.toBe('accepted');
    expect(await on.settlement.getFunction('isSettled')(providerId, 1n)).toBe(false);
  });

  it('signs the digest that the encoder of wallets makes', async () => {
    const { on } = fixture;
    const quote = on.quote({ kind: 5, payer: on.hands.payer.address, amount: (1n << 127n) + 3n, fiatMinor: (1n << 128n) - 1n });
    expect(await on.settlement.getFunction('hashQuote')(quote)).toBe(TypedDataEncoder.hash(on.domain, quoteTypes, quote));
  });

  it('closes one bit of 256 in a word', async () => {
    const { on } = fixture;
    const { settlement } = on;
    const way = wayOf('payNative');
    for (const seq of [0n, 255n, 256n, (1n << 64n) - 1n]) {
      const { by, call } = await way.pay(on, quoteFor(on, way, { seq, invoiceRef: id(`${seq}`) }));
      await send(settlement, by, ...call);
    }
    const word = (index: bigint) => settlement.getFunction('settledWord')(providerId, index) as Promise<bigint>;
    expect(await Promise.all([0n, 1n, (1n << 56n) - 1n, 2n].map(word))).toEqual([1n | (1n << 255n), 1n, 1n << 255n, 0n]);
    expect(await settlement.getFunction('settledWord')(2n, 0n)).toBe(0n);
  });
});
