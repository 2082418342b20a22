import { describe, expect, it } from '@jest/globals';
import { concat, hexlify, id, Signature, toBeHex, toQuantity, ZeroAddress } from 'ethers';
import { providerSettlementAbi, providerSettlementBytecode } from '../../contracts/generated/provider-settlement.ts';
import { mandateTypes, type Quote, quoteTypes } from '../../bench/support/settlement-signing.ts';
import { refusal, send, settlementFixture } from './settlement.fixture.ts';
import { allowEverything, quoteFor, wayOf } from './ways-to-pay.ts';

const fixture = settlementFixture();
const way = wayOf('payToken');
const noSigner = () => `ProviderSettlementSignerNotAuthorised(${fixture.on.hands.signer.address})`;
const tried = async (quote: Quote, sig: string): Promise<string> => {
  const { by, call } = await way.pay(fixture.on, quote, sig);
  return refusal(fixture.on.settlement, by, ...call);
};
const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

describe('a signature of a quote', () => {
  it('[SET-A1] holds for one chain, contract and version', async () => {
    const { on } = fixture;
    await allowEverything(on);
    const quote = quoteFor(on, way);
    expect(await tried(quote, await on.sign(quote))).toBe('accepted');
    const elsewhere = [
      { chainId: 1 },
      { verifyingContract: await on.registry.getAddress() },
      { version: '2' },
      { name: 'ProviderSettlement' },
    ] as const;
    for (const other of elsewhere)
      expect(await tried(quote, await on.hands.signer.signTypedData({ ...on.domain, ...other }, quoteTypes, quote))).toBe(noSigner());
  });

  it('[SET-A1] holds for no second deployment, and not when the chain splits', async () => {
    const { on } = fixture;
    const quote = quoteFor(on, wayOf('payNative'));
    const second = await on.deploy(providerSettlementAbi, providerSettlementBytecode, await on.registry.getAddress(), on.permit2);
    const { by, call } = await wayOf('payNative').pay(on, quote);
    expect(await refusal(second, by, ...call)).toBe(noSigner());
    const { provider } = on.chain;
    const { interface: abi } = on.settlement;
    const digest = (await on.settlement.getFunction('hashQuote')(quote)) as string;
    const [to, from, value] = [await on.settlement.getAddress(), by.address, toQuantity(quote.amount)];
    const asked = [
      { to, data: abi.encodeFunctionData('hashQuote', [quote]) },
      { to, from, value, data: abi.encodeFunctionData('payNative', call.slice(1, -1)) },
    ];
    // The nodes of the other branch answer with another chain id; only the calls of this test are sent to them.
    await provider.send('anvil_setChainId', [77]);
    const [split, paid] = (await Promise.all(
      asked.map((one) => provider.send('eth_call', [one, 'latest']).catch((error: unknown) => error)),
    )) as [string, { data: string }];
    await provider.send('anvil_setChainId', [31_337]);
    expect(split).toMatch(/^0x[0-9a-f]{64}$/);
    expect(split).not.toBe(digest);
    expect(abi.parseError(paid.data)?.name).toBe('ProviderSettlementSignerNotAuthorised');
  });

  const changes: readonly Partial<Quote>[] = [
    { providerId: 2n },
    { seq: 2n },
    { invoiceRef: id('another') },
    { kind: 2 },
    { amount: 12_500_001n },
    { currency: '0x555344' },
    { fiatMinor: 1_151n },
    { validAfter: 1_700_000_001 },
    { deadline: 4_102_444_799 },
  ];
  it.each(changes)('[SET-A2] holds for no other quote: %p', async (change) => {
    const { on } = fixture;
    const { admin, other, treasury, signer } = on.hands;
    await allowEverything(on);
    // A second provider with the same signer: only the field tells the two apart.
    const token = await on.dollar.getAddress();
    await send(on.registry, admin, 'createProvider', 2n, other.address, treasury.address);
    await send(on.registry, other, 'setSigner', 2n, signer.address, 4_102_444_800);
    await send(on.registry, other, 'setToken', 2n, token, true, 6);
    const quote = quoteFor(on, way);
    expect(await tried({ ...quote, ...change }, await on.sign(quote))).toBe(noSigner());
    const changed = { ...quote, ...change };
    expect(await tried(changed, await on.sign(changed))).toBe('accepted');
  });

  it('[SET-A2] holds for no other payer or token', async () => {
    const { on } = fixture;
    await allowEverything(on);
    const quote = quoteFor(on, way, { payer: on.hands.other.address });
    expect(await tried({ ...quote, payer: on.hands.payer.address }, await on.sign(quote))).toBe(noSigner());
    expect(await tried({ ...quote, payer: ZeroAddress }, await on.sign(quote))).toBe(noSigner());
    const native = quoteFor(on, way, { token: ZeroAddress });
    expect(await tried({ ...native, token: await on.dollar.getAddress() }, await on.sign(native))).toBe(noSigner());
  });

  it('[SET-A4] has one form: 65 bytes, v 27 or 28, s in the lower half', async () => {
    const { on } = fixture;
    await allowEverything(on);
    const quote = quoteFor(on, way);
    const sig = await on.sign(quote);
    const { r, s, v, compactSerialized } = Signature.from(sig);
    const upper = toBeHex(order - BigInt(s), 32);
    const forms = {
      'the other s': concat([r, upper, toBeHex(v === 27 ? 28 : 27)]),
      'v of 0 or 1': concat([r, s, toBeHex(v - 27, 1)]),
      'EIP-2098': compactSerialized,
      short: sig.slice(0, -2),
      long: `${sig}00`,
      empty: '0x',
      'zeros, that recover nobody': hexlify(new Uint8Array(65)),
    };
    for (const [form, given] of Object.entries(forms)) expect([form, await tried(quote, given)]).toEqual([form, noSigner()]);
    expect(await tried(quote, sig)).toBe('accepted');
  });

  it('[SET-A4] is never of address zero', async () => {
    const { on } = fixture;
    const { registry, hands, settlement } = on;
    const garbage = hexlify(new Uint8Array(65));
    const set = await refusal(registry, hands.providerAdmin, 'setSigner', 1n, ZeroAddress, 4_102_444_800);
    expect(set).toBe('ProviderRegistryZeroAddress()');
    const refused = await refusal(settlement, hands.payer, 'payToken', quoteFor(on, way), ZeroAddress, garbage);
    expect(refused).toBe(`ProviderRegistrySignerNotAuthorised(${ZeroAddress})`);
    const mandate = on.mandate({ payer: ZeroAddress });
    const collected = await refusal(settlement, hands.collector, 'collect', mandate, garbage, 1n, 1n, id('ref'));
    expect(collected).toBe(`ProviderSettlementSignerNotAuthorised(${ZeroAddress})`);
  });

  it('[SET-A2] of a mandate is no signature of a quote', async () => {
    const { on } = fixture;
    await allowEverything(on);
    const terms = on.mandate({ payer: on.hands.signer.address });
    expect(await tried(quoteFor(on, way), await on.hands.signer.signTypedData(on.domain, mandateTypes, terms))).toBe(noSigner());
  });
});
