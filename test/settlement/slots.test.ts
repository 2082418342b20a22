import { describe, expect, it } from '@jest/globals';
import { id, MaxUint256, parseEther, ZeroAddress } from 'ethers';
import { providerId } from '../../bench/support/settlement-chain.ts';
import { balanceOf, day, eventsIn, refusal, send, settlementFixture, travelBy } from './settlement.fixture.ts';
import { allowEverything, type Call, quoteFor, wayOf } from './ways-to-pay.ts';

const fixture = settlementFixture();

/** Every way to close slot 1. */
const closers: readonly (readonly [name: string, close: () => Promise<Call>])[] = [
  ['native coin', () => wayOf('payNative').pay(fixture.on, quoteFor(fixture.on, wayOf('payNative')))],
  ['token', () => wayOf('payToken').pay(fixture.on, quoteFor(fixture.on, wayOf('payToken')))],
  ['Permit2', () => wayOf('payWithPermit2').pay(fixture.on, quoteFor(fixture.on, wayOf('payWithPermit2')))],
  ['another quote', () => wayOf('payToken').pay(fixture.on, quoteFor(fixture.on, wayOf('payToken'), { amount: 13_000_000n }))],
  [
    'mandate',
    async () => {
      const terms = fixture.on.mandate();
      return { by: fixture.on.hands.collector, call: ['collect', terms, await fixture.on.signMandate(terms), 5n, 1n, id('invoice 1')] };
    },
  ],
  ['cancel', async () => ({ by: fixture.on.hands.signer, call: ['cancelSeq', providerId, 1n] })],
];
describe('a slot', () => {
  it('[SET-A3] closed in any way is not closed again in any way', async () => {
    const { on } = fixture;
    const { provider } = on.chain;
    await allowEverything(on);
    const calls = await Promise.all(closers.map(async ([name, close]) => ({ name, ...(await close()) })));
    for (const { name, by, call } of calls) expect([name, await refusal(on.settlement, by, ...call)]).toEqual([name, 'accepted']);
    for (const winner of calls) {
      const open = (await provider.send('evm_snapshot', [])) as string;
      await send(on.settlement, winner.by, ...winner.call);
      for (const loser of calls)
        expect([winner.name, loser.name, await refusal(on.settlement, loser.by, ...loser.call)]).toEqual([
          ...[winner.name, loser.name],
          'ProviderSettlementAlreadySettled(1,1)',
        ]);
      await provider.send('evm_revert', [open]);
    }
  });

  it('[SET-A3] is closed once by a quote and a mandate of one block', async () => {
    const { on } = fixture;
    const { provider } = on.chain;
    await allowEverything(on);
    await provider.send('evm_setAutomine', [false]);
    const sent = await Promise.all(
      [closers[0]![1], closers[4]![1]].map(async (close) => {
        const { by, call } = await close();
        const overrides = { gasLimit: 500_000 };
        const last = call.at(-1);
        const args =
          call[0] === 'payNative' ? [...call.slice(1, -1), { ...(last as object), ...overrides }] : [...call.slice(1), overrides];
        const contract = on.settlement.connect(by) as typeof on.settlement;
        return contract.getFunction(call[0]).send(...args);
      }),
    );
    await provider.send('evm_mine', []);
    await provider.send('evm_setAutomine', [true]);
    const receipts = await Promise.all(sent.map(({ hash }) => provider.getTransactionReceipt(hash)));
    expect(new Set(receipts.map((receipt) => receipt?.blockNumber)).size).toBe(1);
    expect(receipts.map((receipt) => receipt?.status).toSorted()).toEqual([0, 1]);
    expect(receipts.flatMap((receipt) => receipt!.logs.filter(({ address }) => address === on.settlement.target))).toHaveLength(
      receipts[0]?.status === 1 ? 1 : 2,
    );
  });

  it('is cancelled by a signer and by nobody else', async () => {
    const { on } = fixture;
    const { settlement, hands } = on;
    for (const by of [hands.providerAdmin, hands.refunder, hands.collector, hands.treasury, hands.admin, hands.stranger])
      expect(await refusal(settlement, by, 'cancelSeq', providerId, 1n)).toBe(`ProviderSettlementSignerNotAuthorised(${by.address})`);
    const receipt = await send(settlement, hands.signer, 'cancelSeq', providerId, 1n);
    expect(eventsIn(receipt, settlement)).toEqual([`SeqCancelled(1,1,${hands.signer.address})`]);
  });
});

describe('a batch', () => {
  const batchOf = async (given: readonly object[]) => {
    const quotes = given.map((part, index) => fixture.on.quote({ seq: BigInt(index + 1), ...part }));
    return [quotes, fixture.on.hands.signer.address, await Promise.all(quotes.map((quote) => fixture.on.sign(quote)))] as const;
  };

  it('pays all its quotes by one transfer', async () => {
    const { on } = fixture;
    const { settlement, dollar, hands } = on;
    await allowEverything(on);
    const [quotes, signer, sigs] = await batchOf([{ amount: 3n }, { amount: 4n, kind: 2 }, { amount: 5n }]);
    const receipt = await send(settlement, hands.payer, 'payBatch', quotes, signer, sigs);
    expect(eventsIn(receipt, settlement).map((event) => event.split(',').slice(3, 8).join())).toEqual([
      ...quotes.map(({ seq, kind, token, amount }) => [seq, kind, 2, token, amount].join()),
    ]);
    expect(receipt.logs.filter(({ address }) => address === dollar.target)).toHaveLength(1);
    expect(await balanceOf(on, hands.treasury.address, dollar)).toBe(12n);
    expect(await settlement.getFunction('settledWord')(providerId, 0)).toBe(0b1110n);
  });

  it('[SET-A13] counts the coins that were sent once', async () => {
    const { on } = fixture;
    const { settlement, hands, dollar } = on;
    const amount = parseEther('1');
    const call = ['payBatch', ...(await batchOf([1, 2, 3].map(() => ({ token: ZeroAddress, amount }))))] as const;
    for (const value of [0n, amount, 2n * amount, 3n * amount - 1n, 3n * amount + 1n]) {
      const refused = await refusal(settlement, hands.payer, ...call, { value });
      expect(refused).toBe(`ProviderSettlementWrongValue(${value},${3n * amount})`);
    }
    const before = await balanceOf(on, hands.treasury.address);
    const receipt = await send(settlement, hands.payer, ...call, { value: 3n * amount });
    expect(await balanceOf(on, hands.treasury.address)).toBe(before + 3n * amount);
    expect(eventsIn(receipt, settlement).map((event) => event.split(',')[5])).toEqual(['1', '1', '1']);
    await allowEverything(on);
    const tokens = ['payBatch', ...(await batchOf([{ seq: 9n }]))] as const;
    expect(await refusal(settlement, hands.payer, ...tokens, { value: 1n })).toBe('ProviderSettlementWrongValue(1,0)');
    expect(await balanceOf(on, await settlement.getAddress(), dollar)).toBe(0n);
  });

  it('[SET-A3] closes no slot twice', async () => {
    const { on } = fixture;
    await allowEverything(on);
    const call = ['payBatch', ...(await batchOf([{ seq: 7n }, { seq: 8n }, { seq: 7n }]))] as const;
    expect(await refusal(on.settlement, on.hands.payer, ...call)).toBe('ProviderSettlementAlreadySettled(1,7)');
  });

  it('is of one provider and one token, not empty, with a signature for each, and as valid as its quotes', async () => {
    const { on } = fixture;
    const { settlement, hands } = on;
    await allowEverything(on);
    const tried = async (given: readonly object[], sigs?: readonly string[]) => {
      const [quotes, signer, signatures] = await batchOf(given);
      return refusal(settlement, hands.payer, 'payBatch', quotes, signer, sigs ?? signatures);
    };
    expect(await tried([])).toBe('ProviderSettlementBatchLength(0,0)');
    expect(await tried([{}], [])).toBe('ProviderSettlementBatchLength(1,0)');
    expect(await tried([{}, { providerId: 2n }])).toBe('ProviderSettlementBatchMixed(1)');
    expect(await tried([{}, {}, { token: ZeroAddress }])).toBe('ProviderSettlementBatchMixed(2)');
    expect(await tried([{}, { kind: 6 }])).toBe('ProviderSettlementUnknownKind(6)');
    expect(await tried([{}, { payer: hands.other.address }])).toContain('WrongPayer');
    expect(await tried([{}, {}], ['0x', '0x'])).toBe(`ProviderSettlementSignerNotAuthorised(${hands.signer.address})`);
  });

  it.each([ZeroAddress, 'dollar'])('[SET-A17] costs the fees of its quotes, rounded down one by one (%s)', async (asset) => {
    const { on } = fixture;
    const { settlement, registry, hands, dollar } = on;
    await send(dollar, hands.payer, 'approve', await settlement.getAddress(), MaxUint256);
    await send(registry, hands.feeAdmin, 'setFee', providerId, 333);
    await travelBy(on, 7 * day);
    const amounts = [1n, 29n, 30n, 31n, 299n, 9_999n, 10_000n];
    const token = asset === 'dollar' ? await dollar.getAddress() : asset;
    const held = asset === 'dollar' ? dollar : undefined;
    const fees = amounts.map((amount) => (amount * 333n) / 10_000n);
    const sum = (values: readonly bigint[]) => values.reduce((left, right) => left + right);
    const before = await balanceOf(on, hands.feeReceiver.address, held);
    const value = asset === 'dollar' ? 0n : sum(amounts);
    const call = ['payBatch', ...(await batchOf(amounts.map((amount) => ({ amount, token }))))] as const;
    const receipt = await send(settlement, hands.payer, ...call, { value });
    expect(eventsIn(receipt, settlement).map((event) => BigInt(event.split(',')[8]!))).toEqual(fees);
    expect(await balanceOf(on, hands.feeReceiver.address, held)).toBe(before + sum(fees));
    expect(await balanceOf(on, await settlement.getAddress(), held)).toBe(0n);
  });
});
