import { describe, expect, it } from '@jest/globals';
import { Contract, hexlify, id, MaxUint256, parseEther, ZeroAddress } from 'ethers';
import { providerId } from '../../bench/support/settlement-chain.ts';
import { balanceOf, day, deployed, eventsIn, refusal, send, settlementFixture, travelBy } from './settlement.fixture.ts';
import { quoteFor, wayOf } from './ways-to-pay.ts';

const fixture = settlementFixture({ compiles: true });
const farFuture = 4_102_444_800;
const native = wayOf('payNative');
const reentered = '0x3ee5aeb5'; // ReentrancyGuardReentrantCall()

/** Provider 2, whose treasury is a contract of the test. */
async function openProviderOf(treasury: string): Promise<void> {
  const { registry, hands } = fixture.on;
  await send(registry, hands.admin, 'createProvider', 2n, hands.other.address, treasury);
  for (const set of ['setSigner', 'setRefunder', 'setCollector'])
    for (const key of [hands.signer.address, treasury]) await send(registry, hands.other, set, 2n, key, farFuture);
}

/** A call of every function of the contract that changes something, each of which would do so if it came alone. */
async function everyCall(seq: bigint): Promise<string[]> {
  const { on } = fixture;
  const { settlement, hands, dollar } = on;
  const quote = on.quote({ seq, providerId: 2n, token: ZeroAddress, amount: 0n });
  const sig = await on.sign(quote);
  const terms = on.mandate({ providerId: 2n });
  const token = await dollar.getAddress();
  const { signer, payer } = hands;
  const calls: readonly [string, ...unknown[]][] = [
    ['payNative', quote, signer.address, sig],
    ['payToken', quote, signer.address, sig],
    ['payWithPermit', quote, signer.address, sig, farFuture, 27, id('r'), id('s')],
    ['payWithPermit2', quote, signer.address, sig, payer.address, 1n, '0x'],
    ['payWithAuthorization', quote, signer.address, sig, payer.address, '0x'],
    ['payBatch', [quote], signer.address, [sig]],
    ['refund', 2n, 1n, seq, token, payer.address, 1n, id('reason')],
    ['cancelSeq', 2n, seq],
    ['claimFees', token],
    ['collect', terms, '0x', 1n, seq, id('ref')],
    ['approveMandate', terms],
    ['revoke', terms],
    ['revokeBySig', terms, '0x'],
  ];
  const changing = settlement.interface.fragments.filter((item) => item.type === 'function' && !('constant' in item && item.constant));
  const named = changing.map((item) => (item as unknown as { name: string }).name).filter((name) => !['pause', 'unpause'].includes(name));
  expect(new Set(calls.map(([name]) => name))).toEqual(new Set(named));
  return calls.map(([name, ...args]) => settlement.interface.encodeFunctionData(name, args));
}

async function assertAllWereRefused(reentrant: Contract, count: number): Promise<void> {
  expect(await reentrant.getFunction('answerCount')()).toBe(BigInt(count));
  expect(await reentrant.getFunction('hasSucceeded')()).toBe(false);
  for (let index = 0; index < count; index++) expect(await reentrant.getFunction('answers')(index)).toBe(reentered);
}

describe('reentry', () => {
  it('[SET-A12] by a treasury into every function is refused, and finds the slot closed', async () => {
    const { on } = fixture;
    const treasury = await deployed(on, ['Reentrant', 'Reentrant']);
    const target = await on.settlement.getAddress();
    await openProviderOf(await treasury.getAddress());
    const calls = await everyCall(9n);
    await send(treasury, on.hands.stranger, 'prepare', target, calls);
    const quote = quoteFor(on, native, { providerId: 2n });
    const { by, call } = await native.pay(on, quote);
    await send(on.settlement, by, ...call);
    await assertAllWereRefused(treasury, calls.length);
    expect(await on.settlement.getFunction('settledWord')(2n, 0n)).toBe(2n);
    // Views are right in the middle of a payment: the slot is closed before the money moves.
    const view = on.settlement.interface.encodeFunctionData('isSettled', [2n, 2n]);
    await send(treasury, on.hands.stranger, 'prepare', target, [view]);
    const second = await native.pay(on, quoteFor(on, native, { providerId: 2n, seq: 2n }));
    await send(on.settlement, second.by, ...second.call);
    const answered = (await treasury.getFunction('answerCount')()) as bigint;
    expect(await treasury.getFunction('answers')(answered - 1n)).toBe(`0x${'1'.padStart(64, '0')}`);
  });

  it('[SET-A12] by a receiver of a token with hooks is refused', async () => {
    const { on } = fixture;
    const token = await deployed(on, ['OddTokens', 'HookToken']);
    const treasury = await deployed(on, ['Reentrant', 'Reentrant']);
    await openProviderOf(await treasury.getAddress());
    await send(on.registry, on.hands.other, 'setToken', 2n, await token.getAddress(), true, 6);
    await send(token, on.hands.payer, 'mint', on.hands.payer.address, 10n ** 9n);
    await send(token, on.hands.payer, 'approve', await on.settlement.getAddress(), MaxUint256);
    const calls = await everyCall(9n);
    await send(treasury, on.hands.stranger, 'prepare', await on.settlement.getAddress(), calls);
    const { by, call } = await wayOf('payToken').pay(on, on.quote({ providerId: 2n, token: await token.getAddress() }));
    // The token swallows what its hook does, so an estimate would leave the hook without gas.
    await send(on.settlement, by, ...call, { gasLimit: 5_000_000 });
    await assertAllWereRefused(treasury, calls.length);
  });

  it('[SET-A12] by a fee receiver, by who is refunded and by who claims is refused', async () => {
    const { on } = fixture;
    const { settlement, registry, hands } = on;
    const receiver = await deployed(on, ['Reentrant', 'Reentrant']);
    const address = await receiver.getAddress();
    await openProviderOf(hands.treasury.address);
    await send(registry, hands.feeAdmin, 'setFeeReceiver', address);
    await send(registry, hands.feeAdmin, 'setFee', 2n, 500);
    await travelBy(on, 7 * day);
    // A push has too little gas to remember two answers: the receiver fails, and its fee waits.
    const calls = (await everyCall(9n)).slice(7, 9);
    await send(receiver, hands.stranger, 'prepare', await settlement.getAddress(), calls);
    const { by, call } = await native.pay(on, quoteFor(on, native, { providerId: 2n }));
    const receipt = await send(settlement, by, ...call);
    expect(eventsIn(receipt, settlement)[1]).toContain('FeeAccrued');
    expect(await receiver.getFunction('answerCount')()).toBe(0n);
    const claims = settlement.interface.encodeFunctionData('claimFees', [ZeroAddress]);
    await send(receiver, hands.stranger, 'perform', await settlement.getAddress(), claims);
    await assertAllWereRefused(receiver, 2);
    expect(await settlement.getFunction('owedTo')(address, ZeroAddress)).toBe(0n);
    const refund = ['refund', 2n, 1n, 1n, ZeroAddress, address, 5n, id('reason'), { value: 5n }] as const;
    expect(await refusal(settlement, hands.signer, ...refund)).toBe('ProviderSettlementNativeTransferFailed()');
  });
});

describe('a fee receiver', () => {
  const fee = 10n ** 13n;
  it.each(['Refusing', 'Burning', 'Bombing'])('[SET-A19] that is %s stops no payment, and its fee waits', async (name) => {
    const { on } = fixture;
    const { settlement, registry, hands } = on;
    const receiver = await (await deployed(on, ['Receivers', name])).getAddress();
    await send(registry, hands.feeAdmin, 'setFeeReceiver', receiver);
    await send(registry, hands.feeAdmin, 'setFee', providerId, 100);
    await travelBy(on, 7 * day);
    const before = await balanceOf(on, hands.treasury.address);
    const { by, call } = await native.pay(on, quoteFor(on, native));
    const receipt = await send(settlement, by, ...call);
    expect(eventsIn(receipt, settlement)[1]).toBe(`FeeAccrued(${receiver},${ZeroAddress},${fee})`);
    expect(await balanceOf(on, hands.treasury.address)).toBe(before + 10n ** 15n - fee);
    expect(await balanceOf(on, await settlement.getAddress())).toBe(fee);
    expect(receipt.gasUsed).toBeLessThan(250_000n);
  });

  it('[SET-A19] takes its fees when it can, and nobody else takes them', async () => {
    const { on } = fixture;
    const { settlement, registry, hands } = on;
    const receiver = await deployed(on, ['Receivers', 'LateReceiver']);
    await send(registry, hands.feeAdmin, 'setFeeReceiver', await receiver.getAddress());
    await send(registry, hands.feeAdmin, 'setFee', providerId, 100);
    await travelBy(on, 7 * day);
    const { by, call } = await native.pay(on, quoteFor(on, native));
    await send(settlement, by, ...call);
    const address = await settlement.getAddress();
    expect(await refusal(settlement, hands.stranger, 'claimFees', ZeroAddress)).toContain('FeeVaultNothingOwed');
    const abi = ['function claim(address,address,bool)', 'error FeeVaultTransferFailed(address)'];
    const early = await refusal(new Contract(receiver, abi), hands.stranger, 'claim', address, ZeroAddress, false);
    expect(early).toBe(`FeeVaultTransferFailed(${await receiver.getAddress()})`);
    await send(receiver, hands.stranger, 'claim', address, ZeroAddress, true);
    expect(await balanceOf(on, await receiver.getAddress())).toBe(fee);
    expect(await balanceOf(on, address)).toBe(0n);
  });

  it('[SET-A19] gets nothing of coins and tokens that stray here', async () => {
    const { on } = fixture;
    const { settlement, registry, dollar, hands } = on;
    const address = await settlement.getAddress();
    await on.chain.provider.send('anvil_setBalance', [address, '0xde0b6b3a7640000']);
    await send(dollar, hands.stranger, 'mint', address, 77n);
    await send(registry, hands.feeAdmin, 'setFee', providerId, 100);
    await travelBy(on, 7 * day);
    await send(dollar, hands.payer, 'approve', address, MaxUint256);
    for (const way of [native, wayOf('payToken'), wayOf('payWithAuthorization')]) {
      const { by, call } = await way.pay(on, quoteFor(on, way, { seq: way.number }));
      await send(settlement, by, ...call);
    }
    expect(await balanceOf(on, address)).toBe(parseEther('1'));
    expect(await balanceOf(on, address, dollar)).toBe(77n);
    for (const token of [ZeroAddress, await dollar.getAddress()])
      expect(await refusal(settlement, hands.feeReceiver, 'claimFees', token)).toContain('FeeVaultNothingOwed');
  });

  it('fails whole when the treasury takes no coins', async () => {
    const { on } = fixture;
    await openProviderOf(await (await deployed(on, ['Receivers', 'Refusing'])).getAddress());
    const { by, call } = await native.pay(on, quoteFor(on, native, { providerId: 2n }));
    expect(await refusal(on.settlement, by, ...call)).toBe('ProviderSettlementNativeTransferFailed()');
  });
});

describe('a signer that is a contract', () => {
  const paidBy = async (signer: string, sig: string, options = {}) => {
    const { on } = fixture;
    await send(on.registry, on.hands.providerAdmin, 'setSigner', providerId, signer, farFuture);
    const quote = quoteFor(on, native);
    return refusal(on.settlement, on.hands.payer, 'payNative', quote, signer, sig, { value: quote.amount, ...options });
  };
  const signerOf = async (name: string, ...args: unknown[]) => deployed(fixture.on, ['ContractSigners', name], ...args);

  it('[SET-A11] is asked, and is believed no longer once it takes its word back or is revoked', async () => {
    const { on } = fixture;
    const wallet = await signerOf('WalletSigner', on.hands.other.address);
    const signer = await wallet.getAddress();
    const digest = (await on.settlement.getFunction('hashQuote')(quoteFor(on, native))) as string;
    const sig = on.hands.other.signingKey.sign(digest).serialized;
    const denied = `ProviderSettlementSignerNotAuthorised(${signer})`;
    expect(await paidBy(signer, sig)).toBe('accepted');
    expect(await paidBy(signer, on.hands.stranger.signingKey.sign(digest).serialized)).toBe(denied);
    await send(wallet, on.hands.stranger, 'setOwner', ZeroAddress);
    expect(await paidBy(signer, sig)).toBe(denied);
    await send(wallet, on.hands.stranger, 'setOwner', on.hands.other.address);
    await send(on.registry, on.hands.providerAdmin, 'setSigner', providerId, signer, 0);
    const quote = quoteFor(on, native);
    const revoked = await refusal(on.settlement, on.hands.payer, 'payNative', quote, signer, sig, { value: quote.amount });
    expect(revoked).toBe(`ProviderRegistrySignerNotAuthorised(${signer})`);
  });

  it.each(['RevertingSigner', 'SloppySigner', 'WritingSigner'])('[SET-A11] is not believed as %s, and changes nothing', async (name) => {
    const contract = await signerOf(name);
    const signer = await contract.getAddress();
    const outcome = await paidBy(signer, '0x', { gasLimit: 1_000_000 });
    expect(outcome).toBe(`ProviderSettlementSignerNotAuthorised(${signer})`);
    if (name === 'WritingSigner') expect(await contract.getFunction('asked')()).toBe(0n);
  });

  it('[SET-A11] that burns gas makes its own payer’s transaction fail, within the gas that it was given', async () => {
    const signer = await (await signerOf('BurningSigner')).getAddress();
    expect(await paidBy(signer, '0x', { gasLimit: 1_000_000 })).not.toBe('accepted');
    const { call, by } = await native.pay(fixture.on, quoteFor(fixture.on, native));
    expect(await refusal(fixture.on.settlement, by, ...call)).toBe('accepted');
  });

  it('[SET-A11] is not prepared or deployed first, as ERC-6492 would have it', async () => {
    const { on } = fixture;
    const contract = await signerOf('PreparedSigner');
    const signer = await contract.getAddress();
    const magic = '6492'.repeat(16);
    const prepare = contract.interface.encodeFunctionData('prepare');
    const wrapped = on.settlement.interface.getAbiCoder().encode(['address', 'bytes', 'bytes'], [signer, prepare, '0x']) + magic;
    expect(await paidBy(signer, wrapped)).toBe(`ProviderSettlementSignerNotAuthorised(${signer})`);
    expect(await contract.getFunction('isPrepared')()).toBe(false);
    expect(await paidBy(on.hands.stranger.address, wrapped)).toContain('SignerNotAuthorised');
  });

  it('[SET-A11] is a key all the same when it delegated to code (EIP-7702)', async () => {
    const { on } = fixture;
    const delegate = await (await signerOf('RevertingSigner')).getAddress();
    const { signer } = on.hands;
    await on.chain.provider.send('anvil_setCode', [signer.address, `0xef0100${delegate.slice(2)}`]);
    const quote = quoteFor(on, native);
    expect(await paidBy(signer.address, await on.sign(quote))).toBe('accepted');
    expect(await paidBy(signer.address, hexlify(new Uint8Array(65)))).toBe(`ProviderSettlementSignerNotAuthorised(${signer.address})`);
  });
});
