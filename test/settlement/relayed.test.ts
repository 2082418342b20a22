import { describe, expect, it } from '@jest/globals';
import { concat, id, MaxUint256, TypedDataEncoder, ZeroAddress } from 'ethers';
import { providerId } from '../../bench/support/settlement-chain.ts';
import { permit2Types, quoteStructHash, quoteTypes, signedPermit, signedPermit2 } from '../../bench/support/settlement-signing.ts';
import { balanceOf, deployed, refusal, send, settlementFixture } from './settlement.fixture.ts';
import { allowEverything, quoteFor, relayedWays, wayOf } from './ways-to-pay.ts';

const fixture = settlementFixture({ compiles: true });
const farFuture = 4_102_444_800;

describe('a stranger in between', () => {
  it.each(relayedWays)('[SET-A5] that sends $method first changes nothing', async (way) => {
    const { on } = fixture;
    const { treasury, payer, other } = on.hands;
    await allowEverything(on);
    const quote = quoteFor(on, way);
    const { call } = await way.pay(on, quote);
    const before = await balanceOf(on, treasury.address, on.dollar);
    await send(on.settlement, other, ...call);
    expect(await balanceOf(on, treasury.address, on.dollar)).toBe(before + quote.amount);
    const [settled] = await on.settlement.queryFilter('Settled');
    expect([settled!.topics[3], await on.settlement.getFunction('isSettled')(1n, quote.seq)]).toEqual([
      `0x${payer.address.slice(2).toLowerCase().padStart(64, '0')}`,
      true,
    ]);
    expect(await refusal(on.settlement, payer, ...call)).toContain('AlreadySettled');
  });

  it.each(relayedWays)('[SET-A5] cannot give itself out for the payer by $method', async (way) => {
    const { on } = fixture;
    const { other } = on.hands;
    await allowEverything(on);
    const { call } = await way.pay(on, quoteFor(on, way));
    const forged = call.map((arg) => (arg === on.hands.payer.address ? other.address : arg)) as [string];
    expect(await refusal(on.settlement, other, ...forged)).not.toBe('accepted');
    const bound = await way.pay(on, quoteFor(on, way, { payer: other.address }));
    const wrong = `ProviderSettlementWrongPayer(${other.address},${on.hands.payer.address})`;
    expect(await refusal(on.settlement, bound.by, ...bound.call)).toBe(wrong);
  });

  it('[SET-A6] that uses a permit up first stops no payment', async () => {
    const { on } = fixture;
    const way = wayOf('payWithPermit');
    const quote = quoteFor(on, way);
    const { by, call } = await way.pay(on, quote);
    const [deadline, v, r, s] = call.slice(4);
    const spender = await on.settlement.getAddress();
    await send(on.dollar, on.hands.stranger, 'permit', by.address, spender, quote.amount, deadline, v, r, s);
    const before = await balanceOf(on, on.hands.treasury.address, on.dollar);
    await send(on.settlement, by, ...call);
    expect(await balanceOf(on, on.hands.treasury.address, on.dollar)).toBe(before + quote.amount);
  });

  it('[SET-A7] cannot pay an own invoice by a permit of somebody else', async () => {
    const { on } = fixture;
    const way = wayOf('payWithPermit');
    const { call } = await way.pay(on, quoteFor(on, way));
    expect(await refusal(on.settlement, on.hands.stranger, ...call)).toContain('ERC20InsufficientAllowance');
    const before = await balanceOf(on, on.hands.payer.address, on.dollar);
    await send(on.dollar, on.hands.stranger, 'mint', on.hands.stranger.address, 10n ** 9n);
    await send(on.dollar, on.hands.stranger, 'approve', await on.settlement.getAddress(), MaxUint256);
    await send(on.settlement, on.hands.stranger, ...call);
    expect(await balanceOf(on, on.hands.payer.address, on.dollar)).toBe(before);
  });

  it('[SET-A8] spends no standing allowance, whatever it sends', async () => {
    const { on } = fixture;
    const { settlement, dollar, hands } = on;
    await allowEverything(on);
    await send(dollar, hands.other, 'mint', hands.other.address, 10n ** 9n);
    await send(dollar, hands.other, 'approve', await settlement.getAddress(), MaxUint256);
    const quote = on.quote();
    const sig = await on.sign(quote);
    const garbage = [farFuture, 27, id('r'), id('s')] as const;
    const attempts: readonly [string, ...unknown[]][] = [
      ['payToken', quote, hands.signer.address, sig],
      ['payWithPermit', quote, hands.signer.address, sig, ...garbage],
      ['payBatch', [quote], hands.signer.address, [sig]],
    ];
    for (const attempt of attempts) expect(await refusal(settlement, hands.stranger, ...attempt)).toContain('ERC20InsufficientAllowance');
    for (const { name, inputs } of settlement.interface.fragments.filter((item) => item.type === 'function') as unknown as Fragment[])
      if (['payNative', 'payToken', 'payWithPermit', 'payBatch'].includes(name))
        expect([name, inputs.filter((input) => input.name === 'payer')]).toEqual([name, []]);
    // The payer's own garbage is caught, and spends the payer's own allowance for the payer's own invoice.
    const before = await balanceOf(on, hands.other.address, dollar);
    await send(settlement, hands.other, 'payWithPermit', quote, hands.signer.address, sig, ...garbage);
    expect(await balanceOf(on, hands.other.address, dollar)).toBe(before - quote.amount);
  });

  interface Fragment {
    readonly name: string;
    readonly inputs: readonly { readonly name: string }[];
  }

  it('[SET-A8] pays nothing by a token that takes any call for a permit', async () => {
    const { on } = fixture;
    const token = await deployed(on, ['OddTokens', 'PhantomPermitToken']);
    await send(on.registry, on.hands.providerAdmin, 'setToken', providerId, await token.getAddress(), true, 6);
    await send(token, on.hands.payer, 'mint', on.hands.payer.address, 10n ** 9n);
    const quote = on.quote({ token: await token.getAddress() });
    const call = ['payWithPermit', quote, on.hands.signer.address, await on.sign(quote), farFuture, 27, id('r'), id('s')] as const;
    expect(await refusal(on.settlement, on.hands.payer, ...call)).not.toBe('accepted');
    const auth = ['payWithAuthorization', quote, on.hands.signer.address, await on.sign(quote), on.hands.payer.address, '0x00'] as const;
    const inexact = `ProviderSettlementInexactTransfer(0,${quote.amount})`;
    expect(await refusal(on.settlement, on.hands.payer, ...auth)).toBe(inexact);
  });

  it('[SET-A9] cannot send the money of EIP-3009 ahead of the payment', async () => {
    const { on } = fixture;
    const { dollar, hands, settlement } = on;
    const way = wayOf('payWithAuthorization');
    const quote = quoteFor(on, way);
    const { call } = await way.pay(on, quote);
    const auth = call[5] as string;
    const to = await settlement.getAddress();
    const terms = [hands.payer.address, to, quote.amount, quote.validAfter, quote.deadline, quoteStructHash(quote)] as const;
    const [r, s, v] = [auth.slice(0, 66), `0x${auth.slice(66, 130)}`, `0x${auth.slice(130)}`];
    const ecdsa = 'address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32';
    expect(await refusal(dollar, hands.stranger, `transferWithAuthorization(${ecdsa})`, ...terms, v, r, s)).toBe(
      'ERC3009InvalidSignature()',
    );
    expect(await refusal(dollar, hands.stranger, `receiveWithAuthorization(${ecdsa})`, ...terms, v, r, s)).toBe(
      `ERC20InvalidReceiver(${to})`,
    );
    const anyForm = 'receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)';
    expect(await refusal(dollar, hands.stranger, anyForm, ...terms, auth)).toBe(`ERC20InvalidReceiver(${to})`);
    expect(await refusal(settlement, hands.stranger, ...call)).toBe('accepted');
  });

  it('[SET-A9] pays from a contract wallet by a signature of its own form', async () => {
    const { on } = fixture;
    const { dollar, hands, settlement } = on;
    const wallet = await deployed(on, ['ContractSigners', 'WalletSigner'], hands.payer.address);
    const payer = await wallet.getAddress();
    await send(dollar, hands.payer, 'mint', payer, 10n ** 9n);
    const quote = on.quote({ payer });
    const terms = { from: payer, to: await settlement.getAddress(), value: quote.amount, validAfter: quote.validAfter };
    const typed = { ...terms, validBefore: quote.deadline, nonce: quoteStructHash(quote) };
    const fields = ['from address', 'to address', 'value uint256', 'validAfter uint256', 'validBefore uint256', 'nonce bytes32'];
    const types = { ReceiveWithAuthorization: fields.map((field) => ({ name: field.split(' ')[0]!, type: field.split(' ')[1]! })) };
    const auth = await hands.payer.signTypedData(on.dollarDomain, types, typed);
    const call = ['payWithAuthorization', quote, hands.signer.address, await on.sign(quote), payer] as const;
    // 65 bytes are taken for a key's signature, which a contract has none of.
    expect(await refusal(settlement, hands.stranger, ...call, auth)).toBe('ERC3009InvalidSignature()');
    expect(await refusal(settlement, hands.stranger, ...call, concat([auth, '0x00']))).toBe('accepted');
    await send(wallet, hands.payer, 'setOwner', ZeroAddress);
    expect(await refusal(settlement, hands.stranger, ...call, concat([auth, '0x00']))).toBe('ERC3009InvalidSignature()');
  });
});

describe('Permit2', () => {
  const way = wayOf('payWithPermit2');

  it('[SET-A10] names the quote by the type that wallets encode', async () => {
    const { on } = fixture;
    const witness = permit2Types(quoteTypes);
    const encoder = TypedDataEncoder.from(witness);
    const stub = 'PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,';
    const expected = encoder.encodeType('PermitWitnessTransferFrom').slice(stub.length);
    const { data } = await on.settlement
      .getFunction('payWithPermit2')
      .populateTransaction(...((await way.pay(on, on.quote())).call.slice(1) as []));
    const trace = (await on.chain.provider.send('debug_traceCall', [
      { from: on.hands.stranger.address, to: await on.settlement.getAddress(), data },
      'latest',
      { tracer: 'callTracer' },
    ])) as { calls: { to: string; input: string }[] };
    const toPermit2 = trace.calls.find(({ to }) => to.toLowerCase() === on.permit2.toLowerCase());
    expect(Buffer.from(toPermit2!.input.slice(2), 'hex').toString('latin1')).toContain(expected);
  });

  it('[SET-A10] refuses another quote, another spender, another amount and a nonce that was used', async () => {
    const { on } = fixture;
    const { settlement, hands, permit2Domain } = on;
    await allowEverything(on);
    const quote = on.quote();
    const spender = await settlement.getAddress();
    const sign = (given: Partial<{ spender: string; nonce: bigint; quote: typeof quote }>) =>
      signedPermit2(hands.payer, permit2Domain, { spender, nonce: 5n, quote, ...given });
    const tried = async (payerSig: string, nonce = 5n, paid = quote) =>
      refusal(
        settlement,
        hands.stranger,
        'payWithPermit2',
        paid,
        hands.signer.address,
        await on.sign(paid),
        hands.payer.address,
        nonce,
        payerSig,
      );
    const refused = 'no reason'; // Permit2's own error, which is not in our ABI.
    expect(await tried(await sign({ quote: { ...quote, invoiceRef: id('the thief’s') } }))).toBe(refused);
    expect(await tried(await sign({ quote: { ...quote, seq: 2n } }))).toBe(refused);
    expect(await tried(await sign({ spender: hands.stranger.address }))).toBe(refused);
    expect(await tried(await sign({}), 6n)).toBe(refused);
    expect(await tried(await sign({}), 5n, { ...quote, amount: quote.amount + 1n })).toBe(refused);
    expect(await tried(await sign({}))).toBe('accepted');
    const { call } = await way.pay(on, quote);
    await send(settlement, hands.stranger, ...call);
    const next = on.quote({ seq: 2n });
    expect(await tried(await sign({ nonce: quote.seq, quote: next }), quote.seq, next)).toBe(refused);
    expect(await tried(await sign({ nonce: 7n, quote: next }), 7n, next)).toBe('accepted');
  });

  it('[SET-A10] cannot be called around us: the signature is good for this contract alone', async () => {
    const { on } = fixture;
    const { hands, permit2Domain, settlement, permit2 } = on;
    await allowEverything(on);
    const quote = on.quote();
    const payerSig = await signedPermit2(hands.payer, permit2Domain, { spender: await settlement.getAddress(), nonce: 1n, quote });
    const abi = [
      `function permitWitnessTransferFrom(((address token,uint256 amount) permitted,uint256 nonce,uint256 deadline) permit,
        (address to,uint256 requestedAmount) transferDetails,address owner,bytes32 witness,string witnessTypeString,bytes signature)`,
    ];
    const { Contract } = await import('ethers');
    const direct = new Contract(permit2, abi, hands.stranger);
    const encoded = TypedDataEncoder.from(permit2Types(quoteTypes)).encodeType('PermitWitnessTransferFrom');
    const type = encoded.slice(encoded.indexOf('Quote witness)'));
    const details = [
      [[quote.token, quote.amount], 1n, quote.deadline],
      [hands.stranger.address, quote.amount],
    ] as const;
    const args = [...details, hands.payer.address, quoteStructHash(quote), type, payerSig] as const;
    await expect(direct.getFunction('permitWitnessTransferFrom').staticCall(...args)).rejects.toThrow();
  });
});

describe('a permit', () => {
  it('[SET-A7] of another amount is caught, and the payment fails for the allowance', async () => {
    const { on } = fixture;
    const { hands, dollarDomain, settlement } = on;
    const quote = on.quote();
    const spender = await settlement.getAddress();
    const permit = await signedPermit(hands.payer, dollarDomain, { spender, value: quote.amount - 1n, nonce: 0n, deadline: farFuture });
    const call = ['payWithPermit', quote, hands.signer.address, await on.sign(quote), ...permit] as const;
    expect(await refusal(settlement, hands.payer, ...call)).toContain('ERC20InsufficientAllowance');
  });
});
