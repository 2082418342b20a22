import { beforeEach, describe, expect, it } from '@jest/globals';
import { hexlify, id, MaxUint256, ZeroAddress } from 'ethers';
import { providerId } from '../../bench/support/settlement-chain.ts';
import { type Mandate, mandateId, mandateTypes, revokeTypes } from '../../bench/support/settlement-signing.ts';
import { balanceOf, day, eventsIn, now, refusal, send, settlementFixture, travelBy, travelTo } from './settlement.fixture.ts';

const fixture = settlementFixture();
const ref = id('invoice');
const max = 100_000_000n;

/** A mandate that begins in 100 seconds, over three months of 30 days and a day. */
let terms: Mandate;
beforeEach(async () => {
  const { on } = fixture;
  const start = (await now(on)) + 100;
  terms = on.mandate({ start, end: start + 91 * day, period: 30 * day });
  await send(on.dollar, on.hands.payer, 'approve', await on.settlement.getAddress(), MaxUint256);
});
const idOf = (mandate = terms) => mandateId(fixture.on.domain, mandate);
const call = async (amount: bigint, seq: bigint, mandate = terms) =>
  ['collect', mandate, await fixture.on.signMandate(mandate), amount, seq, ref] as const;
const collect = async (amount: bigint, seq: bigint, mandate = terms) =>
  send(fixture.on.settlement, fixture.on.hands.collector, ...(await call(amount, seq, mandate)));
const tried = async (amount: bigint, seq: bigint, mandate = terms) =>
  refusal(fixture.on.settlement, fixture.on.hands.collector, ...(await call(amount, seq, mandate)));
const capExceeded = (wanted: bigint, left: bigint) => `ProviderSettlementCapExceeded(${wanted},${left})`;
const inactive = (mandate = terms) => `ProviderSettlementMandateInactive(${idOf(mandate)})`;
const state = async () => [...(await fixture.on.settlement.getFunction('stateOf')(idOf()))] as unknown[];

describe('a mandate', () => {
  it('has the id that wallets sign', async () => {
    expect(await fixture.on.settlement.getFunction('hashMandate')(terms)).toBe(idOf());
  });

  it.each([0n, 100n])('pays the treasury, with %s hundredths of a percent for the platform', async (bps) => {
    const { on } = fixture;
    const { settlement, registry, dollar, hands } = on;
    if (bps > 0n) await send(registry, hands.feeAdmin, 'setFee', providerId, bps);
    await travelTo(on, terms.start + 7 * day);
    const receipt = await collect(5_000n, 3n);
    const fee = (5_000n * bps) / 10_000n;
    const { payer, treasury, feeReceiver } = hands;
    const approved = [terms.accountRef, terms.token, max, terms.totalCap, terms.period, terms.start, terms.end].join(',');
    const money = [payer.address, 3n, terms.token, 5_000n, fee, treasury.address, 0].join(',');
    expect(eventsIn(receipt, settlement)).toEqual([
      `MandateApproved(${idOf()},1,${payer.address},${approved})`,
      `Collected(${idOf()},1,${ref},${money})`,
    ]);
    expect(await balanceOf(on, treasury.address, dollar)).toBe(5_000n - fee);
    expect(await balanceOf(on, feeReceiver.address, dollar)).toBe(fee);
    expect(await state()).toEqual([0n, true, false, 5_000n, 5_000n]);
    const second = await send(settlement, hands.collector, 'collect', terms, '0x', 7n, 4n, ref);
    expect(eventsIn(second, settlement)).toHaveLength(1);
    expect(await settlement.getFunction('settledWord')(providerId, 0)).toBe(0b11000n);
  });

  it('is approved by its payer, once, instead of a signature', async () => {
    const { on } = fixture;
    const { settlement, hands } = on;
    const unsigned = ['collect', terms, '0x', 5n, 1n, ref] as const;
    await travelTo(on, terms.start);
    expect(await refusal(settlement, hands.collector, ...unsigned)).toBe(`ProviderSettlementSignerNotAuthorised(${hands.payer.address})`);
    const wrong = `ProviderSettlementWrongPayer(${hands.payer.address},${hands.other.address})`;
    expect(await refusal(settlement, hands.other, 'approveMandate', terms)).toBe(wrong);
    expect(eventsIn(await send(settlement, hands.payer, 'approveMandate', terms), settlement)).toHaveLength(1);
    expect(eventsIn(await send(settlement, hands.payer, 'approveMandate', terms), settlement)).toHaveLength(0);
    expect(await refusal(settlement, hands.collector, ...unsigned)).toBe('accepted');
    await travelTo(on, terms.end);
    const over = { ...terms, salt: 2n };
    expect(await refusal(settlement, hands.payer, 'approveMandate', over)).toBe(inactive(over));
  });

  const nonsense: readonly (readonly [string, (terms: Mandate) => Partial<Mandate>])[] = [
    ['the native coin', () => ({ token: ZeroAddress })],
    ['no period', () => ({ period: 0 })],
    ['no time', ({ start }) => ({ end: start })],
    ['a cap that no state holds', () => ({ totalCap: 1n << 104n })],
    ['more periods than a state counts', () => ({ period: 1, start: 0, end: 2 ** 33 })],
  ];
  it.each(nonsense)('with %s is refused', async (name, change) => {
    const { on } = fixture;
    const bad = { ...terms, ...change(terms) };
    expect(await refusal(on.settlement, on.hands.payer, 'approveMandate', bad)).toBe('ProviderSettlementBadMandate()');
    await travelTo(on, terms.start);
    expect(await tried(1n, 1n, bad)).toBe(name === 'no time' ? inactive(bad) : 'ProviderSettlementBadMandate()');
  });

  it('of nobody is refused', async () => {
    const { on } = fixture;
    const bad = on.mandate({ payer: ZeroAddress });
    const refused = await refusal(on.settlement, on.hands.collector, 'collect', bad, hexlify(new Uint8Array(65)), 1n, 1n, ref);
    expect(refused).toBe(`ProviderSettlementSignerNotAuthorised(${ZeroAddress})`);
  });

  it('[SET-A1] is agreed to and ended for one chain, contract and version', async () => {
    const { on } = fixture;
    const { settlement, hands, domain } = on;
    await travelTo(on, terms.start);
    const denied = `ProviderSettlementSignerNotAuthorised(${hands.payer.address})`;
    const elsewhere = [
      { chainId: 1 },
      { verifyingContract: await on.registry.getAddress() },
      { version: '2' },
      { name: 'Tallyroot Escrow' },
    ];
    for (const other of [...elsewhere, {}]) {
      const place = { ...domain, ...other };
      const expected = Object.keys(other).length === 0 ? 'accepted' : denied;
      const agreed = await hands.payer.signTypedData(place, mandateTypes, terms);
      const collected = await refusal(settlement, hands.collector, 'collect', terms, agreed, 1n, 1n, ref);
      const ended = await hands.payer.signTypedData(place, revokeTypes, { mandate: idOf() });
      expect([other, collected, await refusal(settlement, hands.stranger, 'revokeBySig', terms, ended)]).toEqual([
        other,
        expected,
        expected,
      ]);
    }
  });

  it('[SET-A2] is of exactly what its payer signed', async () => {
    const { on } = fixture;
    const { settlement, registry, hands } = on;
    const { admin, other, treasury, collector } = hands;
    // A second provider with the same collector and token: only the field tells the two apart.
    await send(registry, admin, 'createProvider', 2n, other.address, treasury.address);
    await send(registry, other, 'setCollector', 2n, collector.address, 4_102_444_800);
    await send(registry, other, 'setToken', 2n, terms.token, true, 6);
    await travelTo(on, terms.start);
    const signed = await on.signMandate(terms);
    const changes: Mandate[] = [
      ...[{ providerId: 2n }, { maxPerPeriod: max + 1n }, { totalCap: terms.totalCap + 1n }, { period: 31 * day }],
      ...[{ start: terms.start - 1 }, { end: terms.end + 1 }, { accountRef: id('another') }, { salt: 2n }],
    ].map((change) => ({ ...terms, ...change }));
    for (const changed of changes) {
      const denied = `ProviderSettlementSignerNotAuthorised(${hands.payer.address})`;
      expect(await refusal(settlement, collector, 'collect', changed, signed, 1n, 1n, ref)).toBe(denied);
      expect(await tried(1n, 1n, changed)).toBe('accepted');
    }
    const another = { ...terms, payer: other.address };
    const denied = `ProviderSettlementSignerNotAuthorised(${other.address})`;
    expect(await refusal(settlement, collector, 'collect', another, signed, 1n, 1n, ref)).toBe(denied);
  });

  it('[SET-A22] gives one period’s cap, however many were missed', async () => {
    const { on } = fixture;
    await travelTo(on, terms.start + 61 * day);
    expect(await tried(2n * max, 1n)).toBe(capExceeded(2n * max, max));
    await collect(max, 1n);
    expect(await tried(1n, 2n)).toBe(capExceeded(1n, 0n));
    expect(await state()).toEqual([2n, true, false, max, max]);
  });

  it('[SET-A23] begins in its first second and ends before its last', async () => {
    const { on } = fixture;
    await travelTo(on, terms.start - 1);
    expect(await tried(1n, 1n)).toBe(inactive());
    await travelTo(on, terms.start);
    expect(await tried(1n, 1n)).toBe('accepted');
    await travelTo(on, terms.end - 1);
    expect(await tried(1n, 1n)).toBe('accepted');
    await travelTo(on, terms.end);
    expect(await tried(1n, 1n)).toBe(inactive());
  });

  it('[SET-A23] gives a period’s cap anew in the first second of the next', async () => {
    const { on } = fixture;
    await travelTo(on, terms.start);
    await collect(max, 1n);
    const next = terms.start + 30 * day;
    await travelTo(on, next - 1);
    expect(await tried(1n, 2n)).toBe(capExceeded(1n, 0n));
    await travelTo(on, next);
    expect(await tried(max + 1n, 2n)).toBe(capExceeded(max + 1n, max));
    await collect(max, 2n);
    expect(await tried(1n, 3n)).toBe(capExceeded(1n, 0n));
    expect(await state()).toEqual([1n, true, false, max, 2n * max]);
  });

  it('[SET-A23] never gives more than in all, and never nothing', async () => {
    const { on } = fixture;
    const capped = { ...terms, totalCap: max + 10n };
    await travelTo(on, terms.start);
    await collect(max, 1n, capped);
    await travelBy(on, 30 * day);
    expect(await tried(11n, 2n, capped)).toBe(capExceeded(11n, 10n));
    await collect(10n, 2n, capped);
    await travelBy(on, 30 * day);
    expect(await tried(1n, 3n, capped)).toBe(capExceeded(1n, 0n));
    expect(await tried(0n, 3n, capped)).toBe('ProviderSettlementAmountOutOfRange(0)');
    expect(await tried(1n << 128n, 3n, capped)).toBe(`ProviderSettlementAmountOutOfRange(${1n << 128n})`);
  });

  it('[SET-A23] counts two collections of one block together, and a revocation before them', async () => {
    const { on } = fixture;
    const { provider } = on.chain;
    await travelTo(on, terms.start);
    await collect(max - 5n, 1n);
    const inOneBlock = async (sends: () => Promise<{ hash: string }[]>) => {
      await provider.send('evm_setAutomine', [false]);
      const sent = await sends();
      await provider.send('evm_mine', []);
      await provider.send('evm_setAutomine', [true]);
      const receipts = await Promise.all(sent.map(({ hash }) => provider.getTransactionReceipt(hash)));
      return receipts.map((receipt) => receipt?.status);
    };
    const by = on.settlement.connect(on.hands.collector) as typeof on.settlement;
    const collecting = async (seq: bigint, nonce: number, amount = 4n) => {
      const [, ...args] = await call(amount, seq);
      return by.getFunction('collect').send(...args, { gasLimit: 300_000, nonce });
    };
    const nonce = await on.hands.collector.getNonce();
    expect(await inOneBlock(async () => [await collecting(2n, nonce), await collecting(3n, nonce + 1)])).toEqual([1, 0]);
    const revoking = (on.settlement.connect(on.hands.payer) as typeof on.settlement).getFunction('revoke');
    const fast = { gasLimit: 300_000, maxPriorityFeePerGas: 10n ** 10n, maxFeePerGas: 10n ** 11n };
    expect(await tried(1n, 4n)).toBe('accepted'); // The last unit of the period: only the end is in its way.
    expect(await inOneBlock(async () => [await revoking.send(terms, fast), await collecting(4n, nonce + 2, 1n)])).toEqual([1, 0]);
  });

  it.each([false, true])(
    '[SET-A24] is left by its payer, by a transaction or a signature that anybody sends (paused: %s)',
    async (isPaused) => {
      const { on } = fixture;
      const { settlement, hands } = on;
      await travelTo(on, terms.start);
      await collect(1n, 1n);
      const other = { ...terms, salt: 2n };
      if (isPaused) await send(settlement, hands.guardian, 'pause');
      const receipt = await send(settlement, hands.payer, 'revoke', terms);
      expect(eventsIn(receipt, settlement)).toEqual([`MandateRevoked(${idOf()},${hands.payer.address},${hands.payer.address})`]);
      expect(eventsIn(await send(settlement, hands.payer, 'revoke', terms), settlement)).toEqual([]);
      const sig = await hands.payer.signTypedData(on.domain, revokeTypes, { mandate: idOf(other) });
      const forged = await hands.stranger.signTypedData(on.domain, revokeTypes, { mandate: idOf(other) });
      const denied = `ProviderSettlementSignerNotAuthorised(${hands.payer.address})`;
      expect(await refusal(settlement, hands.stranger, 'revokeBySig', other, forged)).toBe(denied);
      expect(await refusal(settlement, hands.stranger, 'revokeBySig', terms, sig)).toBe(denied);
      const relayed = await send(settlement, hands.stranger, 'revokeBySig', other, sig);
      expect(eventsIn(relayed, settlement)).toEqual([`MandateRevoked(${idOf(other)},${hands.payer.address},${hands.stranger.address})`]);
      if (isPaused) await send(settlement, hands.admin, 'unpause');
      for (const mandate of [terms, other]) {
        expect(await tried(1n, 5n, mandate)).toBe(inactive(mandate));
        expect(await refusal(settlement, hands.payer, 'approveMandate', mandate)).toBe(inactive(mandate));
      }
    },
  );

  it('[SET-A24] is ended by the provider’s admin too, and by nobody else', async () => {
    const { on } = fixture;
    const { settlement, hands } = on;
    for (const by of [hands.signer, hands.collector, hands.refunder, hands.treasury, hands.admin, hands.stranger])
      expect(await refusal(settlement, by, 'revoke', terms)).toBe(`ProviderSettlementWrongPayer(${hands.payer.address},${by.address})`);
    const receipt = await send(settlement, hands.providerAdmin, 'revoke', terms);
    expect(eventsIn(receipt, settlement)).toEqual([`MandateRevoked(${idOf()},${hands.payer.address},${hands.providerAdmin.address})`]);
  });

  it('[SET-A25] gives a thief of the collector’s key a cap a period, and to the treasury alone', async () => {
    const { on } = fixture;
    const { settlement, dollar, hands, registry } = on;
    const before = await balanceOf(on, hands.payer.address, dollar);
    await travelTo(on, terms.start);
    await collect(max, 1n);
    expect(await tried(1n, 2n)).toBe(capExceeded(1n, 0n));
    const greedy = { ...terms, maxPerPeriod: MaxUint256 >> 128n };
    const forged = ['collect', greedy, await on.signMandate(terms), max, 2n, ref] as const;
    expect(await refusal(settlement, hands.collector, ...forged)).toBe(`ProviderSettlementSignerNotAuthorised(${hands.payer.address})`);
    expect(await balanceOf(on, hands.payer.address, dollar)).toBe(before - max);
    expect(await balanceOf(on, hands.treasury.address, dollar)).toBe(max);
    await send(registry, hands.providerAdmin, 'setCollector', providerId, hands.collector.address, 0);
    await travelBy(on, 30 * day);
    expect(await tried(1n, 2n)).toBe(`ProviderRegistryNotCollector(${hands.collector.address})`);
    expect(await refusal(settlement, hands.stranger, ...forged)).toBe(`ProviderRegistryNotCollector(${hands.stranger.address})`);
  });

  it('fails whole where the payer has too little or allows too little', async () => {
    const { on } = fixture;
    await travelTo(on, terms.start);
    await send(on.dollar, on.hands.payer, 'approve', await on.settlement.getAddress(), 4n);
    expect(await tried(5n, 1n)).toContain('ERC20InsufficientAllowance');
    expect(await state()).toEqual([0n, false, false, 0n, 0n]);
  });
});
