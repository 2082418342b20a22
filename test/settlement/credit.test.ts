import { describe, expect, it } from '@jest/globals';
import {
  AbiCoder,
  concat,
  Contract,
  ContractFactory,
  getCreate2Address,
  id,
  keccak256,
  toBeHex,
  TypedDataEncoder,
  ZeroAddress,
} from 'ethers';
import { dailyCap, day } from '../../bench/support/escrow-chain.ts';
import { redeemTypes } from '../../bench/support/escrow-signing.ts';
import { providerId } from '../../bench/support/settlement-chain.ts';
import { prepaidCreditAbi, prepaidCreditBytecode } from '../../contracts/generated/prepaid-credit.ts';
import { prepaidCreditFactoryAbi, prepaidCreditFactoryBytecode } from '../../contracts/generated/prepaid-credit-factory.ts';
import { JsonRpc } from '../../services/chain/adapters/rpc/json-rpc.ts';
import { ContractDispatchCalls } from '../../services/settlement/adapters/chain/contract.dispatch-calls.ts';
import { deployed, escrowFixture } from './escrow.fixture.ts';
import { eventsIn, now, refusal, send, travelTo } from './settlement.fixture.ts';

let months: Contract;
let puppet: Contract;
const fixture = escrowFixture(async (on) => {
  months = await deployed(on, 'CivilMonths');
  puppet = await deployed(on, 'Puppet');
});
const ref = id('ref');
const forever = 4_102_444_800;

const read = async (method: string, ...args: unknown[]): Promise<unknown> => fixture.on.credit.getFunction(method)(...args);
const currentEpoch = async () => Number(await read('currentEpoch'));
/** The first second of an epoch. */
const beginningOf = (epoch: number) => Date.UTC(2020, epoch) / 1000;
const issue = async (seq: bigint, amount: bigint, given: { to?: string; epoch?: number } = {}) => {
  const { credit, hands } = fixture.on;
  const epoch = given.epoch ?? (await currentEpoch());
  return send(credit, hands.collector, 'issue', given.to ?? hands.payer.address, amount, seq, epoch, ref);
};
const refusalToIssue = async (seq: bigint, amount: bigint, given: { to?: string; epoch?: number } = {}) => {
  const { credit, hands } = fixture.on;
  const epoch = given.epoch ?? (await currentEpoch());
  return refusal(credit, hands.collector, 'issue', given.to ?? hands.payer.address, amount, seq, epoch, ref);
};

describe('the factory', () => {
  const create = (given: Partial<{ id: bigint; decimals: number; currency: string; cap: bigint }> = {}) =>
    ['createCredit', given.id ?? 2n, given.decimals ?? 2, given.currency ?? '0x455552', given.cap ?? 5n, 'Other', 'OTH'] as const;

  it('creates one token for a provider, where CREATE2 puts it, with what it was told', async () => {
    const { chain, factory, registry, hands } = fixture.on;
    const { admin, other, treasury } = hands;
    await send(registry, admin, 'createProvider', 2n, other.address, treasury.address);
    const receipt = await send(factory, other, ...create());
    const [registryAddress, factoryAddress] = [await registry.getAddress(), await factory.getAddress()];
    const types = ['address', 'uint64', 'uint8', 'bytes3', 'uint128', 'string', 'string'];
    const args = AbiCoder.defaultAbiCoder().encode(types, [registryAddress, 2n, 2, '0x455552', 5n, 'Other', 'OTH']);
    const expected = getCreate2Address(factoryAddress, toBeHex(2n, 32), keccak256(concat([prepaidCreditBytecode, args])));
    expect(eventsIn(receipt, factory)).toEqual([`CreditCreated(2,${expected},0x455552,2)`]);
    expect(await factory.getFunction('creditOf')(2n)).toBe(expected);
    const credit = new Contract(expected, prepaidCreditAbi, chain.provider);
    expect(eventsIn(receipt, credit)).toEqual(['DailyCapSet(5)']);
    const told = await Promise.all(
      ['name', 'symbol', 'decimals', 'currency', 'providerId', 'registry', 'factory', 'dailyCap'].map((name) => credit.getFunction(name)()),
    );
    expect(told).toEqual(['Other', 'OTH', 2n, '0x455552', 2n, registryAddress, factoryAddress, [5n, 5n]]);
    expect(await refusal(factory, other, ...create())).toBe('PrepaidCreditFactoryCreditExists(2)');
  });

  it('serves the admin of the provider alone, and none whose replacement waits', async () => {
    const { factory, registry, hands } = fixture.on;
    const { admin, other, signer, treasury } = hands;
    await send(registry, admin, 'createProvider', 2n, other.address, treasury.address);
    for (const by of [hands.providerAdmin, signer, treasury, admin])
      expect(await refusal(factory, by, ...create())).toBe(`PrepaidCreditFactoryNotProviderAdmin(${by.address})`);
    await send(registry, admin, 'proposeRecovery', 2n, signer.address);
    expect(await refusal(factory, other, ...create())).toBe(`PrepaidCreditFactoryNotProviderAdmin(${other.address})`);
    await send(registry, treasury, 'vetoRecovery', 2n);
    expect(await refusal(factory, other, ...create())).toBe('accepted');
  });

  it('refuses more decimals than 6, what is no currency, a cap beyond counting and no registry', async () => {
    const { chain, factory, registry, hands } = fixture.on;
    const { admin, other, treasury } = hands;
    await send(registry, admin, 'createProvider', 2n, other.address, treasury.address);
    const refused = (given: Parameters<typeof create>[0]) => refusal(factory, other, ...create(given));
    expect(await refused({ decimals: 7 })).toBe('PrepaidCreditFactoryTooManyDecimals(7,6)');
    expect(await refused({ decimals: 6 })).toBe('accepted');
    for (const currency of ['0x000000', '0x657572', '0x404142', '0x41425b'])
      expect(await refused({ currency })).toBe(`PrepaidCreditFactoryNotACurrency(${currency})`);
    expect(await refused({ currency: '0x415a41' })).toBe('accepted');
    expect(await refused({ cap: 2n ** 104n - 1n })).toBe('accepted');
    expect(await refused({ cap: 2n ** 104n })).not.toBe('accepted');
    const { data } = await new ContractFactory(prepaidCreditFactoryAbi, prepaidCreditFactoryBytecode).getDeployTransaction(ZeroAddress);
    const error = (await chain.provider.call({ data }).catch((failure: unknown) => failure)) as { data: string };
    expect(factory.interface.parseError(error.data)?.name).toBe('PrepaidCreditFactoryZeroAddress');
  });

  it('refuses a name that does not fit into an EIP-712 domain', async () => {
    const { factory, registry, hands } = fixture.on;
    await send(registry, hands.admin, 'createProvider', 2n, hands.other.address, hands.treasury.address);
    const named = (name: string) => refusal(factory, hands.other, 'createCredit', 2n, 2, '0x455552', 5n, name, 'X');
    expect(await named('x'.repeat(31))).toBe('accepted');
    expect(await named('x'.repeat(32))).not.toBe('accepted');
  });
});

describe('months', () => {
  it('are those of JavaScript dates, at their first and last seconds and in between, until 2600', async () => {
    const edges = Array.from({ length: 12 * 580 }, (_, month) => month + 1).flatMap((month) => {
      const first = Date.UTC(2020, month) / 1000;
      return [first - 1, first, first + ((month * 7_919) % 2_419_200)];
    });
    const expected = edges.map((second) => {
      const date = new Date(second * 1000);
      return BigInt((date.getUTCFullYear() - 2020) * 12 + date.getUTCMonth());
    });
    for (let from = 0; from < edges.length; from += 2_000) {
      const part = (await months.getFunction('monthsOf')(edges.slice(from, from + 2_000))) as bigint[];
      expect([...part]).toEqual(expected.slice(from, from + 2_000));
    }
  });

  it('begin in January 2020', async () => {
    expect([...((await months.getFunction('monthsOf')([Date.UTC(2020, 0) / 1000])) as bigint[])]).toEqual([0n]);
    await expect(months.getFunction('monthsOf')([Date.UTC(2020, 0) / 1000 - 1])).rejects.toThrow();
  });
});

describe('PrepaidCredit', () => {
  it('is issued once a number, to whoever bought it', async () => {
    const { credit, hands } = fixture.on;
    const epoch = await currentEpoch();
    const receipt = await issue(7n, 1_000n);
    const { address } = hands.payer;
    expect(eventsIn(receipt, credit)).toEqual([
      `Transfer(${ZeroAddress},${address},1000)`,
      `CreditIssued(${address},7,1000,${epoch},${ref})`,
    ]);
    expect([await read('balanceOf', address), await read('totalSupply'), await read('issuedWord', 0)]).toEqual([1_000n, 1_000n, 1n << 7n]);
    expect(await refusalToIssue(7n, 1n)).toBe('PrepaidCreditSeqUsed(7)');
    expect(await refusalToIssue(8n, 1n, { to: ZeroAddress })).toBe(`ERC20InvalidReceiver(${ZeroAddress})`);
    expect(await refusalToIssue(8n, 0n)).toBe('PrepaidCreditAmountOutOfRange(0)');
  });

  it('is issued by minters, until their end, whom the admin names', async () => {
    const { credit, hands } = fixture.on;
    const { providerAdmin, other, collector } = hands;
    const epoch = await currentEpoch();
    const attempt = () => refusal(credit, other, 'issue', other.address, 1n, 1n, epoch, ref);
    expect(await attempt()).toBe(`PrepaidCreditNotMinter(${other.address})`);
    const end = (await now(fixture.on)) + 3_600;
    expect(eventsIn(await send(credit, providerAdmin, 'setMinter', other.address, end), credit)).toEqual([
      `MinterSet(${other.address},${end})`,
    ]);
    expect(await read('minterValidUntil', other.address)).toBe(BigInt(end));
    await travelTo(fixture.on, end - 2);
    expect(await attempt()).toBe('accepted');
    await travelTo(fixture.on, end);
    expect(await attempt()).toBe(`PrepaidCreditNotMinter(${other.address})`);
    for (const by of [collector, hands.signer, hands.admin])
      expect(await refusal(credit, by, 'setMinter', other.address, forever)).toBe(`PrepaidCreditNotProviderAdmin(${by.address})`);
    expect(await refusal(credit, providerAdmin, 'setMinter', ZeroAddress, forever)).toBe('PrepaidCreditZeroAddress()');
    await send(credit, providerAdmin, 'setMinter', collector.address, 0);
    expect(await refusalToIssue(1n, 1n)).toBe(`PrepaidCreditNotMinter(${collector.address})`);
  });

  it('[SET-A28] has no new minter while the admin is to be replaced', async () => {
    const { credit, registry, hands } = fixture.on;
    const { admin, providerAdmin, other, treasury } = hands;
    await send(registry, admin, 'proposeRecovery', providerId, other.address);
    const frozen = `PrepaidCreditNotProviderAdmin(${providerAdmin.address})`;
    expect(await refusal(credit, providerAdmin, 'setMinter', other.address, forever)).toBe(frozen);
    expect(await refusal(credit, providerAdmin, 'setDailyCap', 5n)).toBe(frozen);
    await send(registry, treasury, 'vetoRecovery', providerId);
    expect(await refusal(credit, providerAdmin, 'setMinter', other.address, forever)).toBe('accepted');
  });

  it('[SET-A37] is issued up to the cap of a day in UTC, whoever mints: what a stolen key can do', async () => {
    const { credit, hands } = fixture.on;
    const tomorrow = (Math.floor((await now(fixture.on)) / day) + 1) * day;
    await travelTo(fixture.on, tomorrow);
    await issue(1n, dailyCap - 5n);
    expect(await refusalToIssue(2n, 6n)).toBe('PrepaidCreditMintCapExceeded(6,5)');
    await send(credit, hands.providerAdmin, 'setMinter', hands.other.address, forever);
    await send(credit, hands.other, 'issue', hands.other.address, 5n, 2n, await currentEpoch(), ref);
    expect(await read('dailyCap')).toEqual([dailyCap, 0n]);
    await travelTo(fixture.on, tomorrow + day - 2);
    expect(await refusalToIssue(3n, 1n)).toBe('PrepaidCreditMintCapExceeded(1,0)');
    await travelTo(fixture.on, tomorrow + day);
    expect(await refusalToIssue(3n, dailyCap)).toBe('accepted');
    expect(eventsIn(await send(credit, hands.providerAdmin, 'setDailyCap', 10n), credit)).toEqual(['DailyCapSet(10)']);
    await issue(3n, 10n);
    await send(credit, hands.providerAdmin, 'setDailyCap', 4n);
    expect(await refusalToIssue(4n, 1n)).toBe('PrepaidCreditMintCapExceeded(1,0)');
    expect(await refusal(credit, hands.stranger, 'setDailyCap', 1n)).toBe(`PrepaidCreditNotProviderAdmin(${hands.stranger.address})`);
    const tooMuch = 2n ** 104n;
    expect(await refusal(credit, hands.providerAdmin, 'setDailyCap', tooMuch)).toBe(`PrepaidCreditAmountOutOfRange(${tooMuch})`);
  });

  it('[SET-A37] is issued for this month and the eleven after it: a skewed clock finds no others', async () => {
    const epoch = await currentEpoch();
    const range = (given: number) => `PrepaidCreditEpochOutOfRange(${given},${epoch},${epoch + 11})`;
    expect(await refusalToIssue(1n, 1n, { epoch: epoch - 1 })).toBe(range(epoch - 1));
    expect(await refusalToIssue(1n, 1n, { epoch: epoch + 12 })).toBe(range(epoch + 12));
    expect(await refusalToIssue(1n, 1n, { epoch: epoch + 11 })).toBe('accepted');
    expect(await refusalToIssue(1n, 1n, { epoch })).toBe('accepted');
  });

  it('[SET-A37] never passes from one holder to another', async () => {
    const { credit, hands } = fixture.on;
    const [from, to] = [hands.payer.address, hands.other.address];
    await issue(1n, 100n);
    const never = `PrepaidCreditTransferNotAllowed(${from},${to})`;
    for (const amount of [0n, 1n, 100n]) {
      expect(await refusal(credit, hands.payer, 'transfer', to, amount)).toBe(never);
      expect(await refusal(credit, hands.payer, 'approve', to, amount)).toBe(never);
      expect(await refusal(credit, hands.other, 'transferFrom', from, to, amount)).toBe(never);
    }
    expect(await read('allowance', from, to)).toBe(0n);
  });

  it('pays an invoice, once a number of the holder, oldest month first', async () => {
    const { credit, hands } = fixture.on;
    const { address } = hands.payer;
    const epoch = await currentEpoch();
    await issue(1n, 100n, { epoch: epoch + 2 });
    await issue(2n, 30n, { epoch });
    await issue(3n, 50n, { epoch: epoch + 1 });
    const receipt = await send(credit, hands.payer, 'redeem', 90n, ref, 300n);
    expect(eventsIn(receipt, credit)).toEqual([`Transfer(${address},${ZeroAddress},90)`, `CreditRedeemed(${address},${ref},300,90)`]);
    const left = await Promise.all([0, 1, 2].map((after) => read('balanceOfAtEpoch', epoch + after, address)));
    expect(left).toEqual([0n, 0n, 90n]);
    expect([await read('redeemedWord', address, 1), await read('redeemedWord', hands.other.address, 1)]).toEqual([1n << 44n, 0n]);
    expect(await refusal(credit, hands.payer, 'redeem', 1n, ref, 300n)).toBe('PrepaidCreditSeqUsed(300)');
    expect(await refusal(credit, hands.payer, 'redeem', 0n, ref, 301n)).toBe('PrepaidCreditAmountOutOfRange(0)');
    expect(await refusal(credit, hands.payer, 'redeem', 91n, ref, 301n)).toBe(`ERC20InsufficientBalance(${address},90,91)`);
    expect(await refusal(credit, hands.payer, 'redeem', 90n, ref, 301n)).toBe('accepted');
  });

  it('pays by a signature before its end, for whoever sends it', async () => {
    const { credit, creditDomain, hands, redemption, signRedemption } = fixture.on;
    await issue(1n, 200n);
    const deadline = (await now(fixture.on)) + 3_600;
    const signed = redemption({ deadline });
    const call = [...Object.values(signed), await signRedemption(signed)] as const;
    expect(await read('hashRedeem', ...Object.values(signed))).toBe(TypedDataEncoder.hash(creditDomain, redeemTypes, signed));
    await travelTo(fixture.on, deadline - 2);
    expect(await refusal(credit, hands.stranger, 'redeemWithSig', ...call)).toBe('accepted');
    await travelTo(fixture.on, deadline);
    expect(await refusal(credit, hands.stranger, 'redeemWithSig', ...call)).toBe(`PrepaidCreditSignatureExpired(${deadline})`);
    const lasting = redemption();
    const again = [...Object.values(lasting), await signRedemption(lasting)] as const;
    const receipt = await send(credit, hands.stranger, 'redeemWithSig', ...again);
    expect(eventsIn(receipt, credit)[1]).toBe(`CreditRedeemed(${lasting.holder},${lasting.invoiceRef},1,100)`);
    expect(await refusal(credit, hands.stranger, 'redeemWithSig', ...again)).toBe('PrepaidCreditSeqUsed(1)');
  });

  it('[SET-A2] pays nothing else than what the holder signed', async () => {
    const { credit, creditDomain, hands, redemption, signRedemption } = fixture.on;
    await issue(1n, 200n);
    await issue(2n, 200n, { to: hands.other.address });
    const signed = redemption();
    const signature = await signRedemption(signed);
    const altered = [
      { holder: hands.other.address },
      { amount: 101n },
      { invoiceRef: id('another') },
      { seq: 2n },
      { deadline: forever + 1 },
    ].map((change) => ({ ...signed, ...change }));
    for (const other of altered) {
      const answer = await refusal(credit, hands.stranger, 'redeemWithSig', ...Object.values(other), signature);
      expect(answer).toBe(`PrepaidCreditInvalidSignature(${other.holder})`);
    }
    for (const domain of [{ chainId: 1n }, { name: 'Other' }, { version: '2' }, { verifyingContract: hands.other.address }]) {
      const foreign = await hands.payer.signTypedData({ ...creditDomain, ...domain }, redeemTypes, signed);
      const answer = await refusal(credit, hands.stranger, 'redeemWithSig', ...Object.values(signed), foreign);
      expect(answer).toBe(`PrepaidCreditInvalidSignature(${signed.holder})`);
    }
    expect(await refusal(credit, hands.stranger, 'redeemWithSig', ...Object.values(signed), signature)).toBe('accepted');
  });

  it('[SET-A4] takes a signature in one form, and none of nobody', async () => {
    const { credit, hands, redemption, signRedemption } = fixture.on;
    await issue(1n, 200n);
    const signed = redemption();
    const signature = await signRedemption(signed);
    const [rs, v] = [signature.slice(0, -2), signature.slice(-2)];
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const malleable = concat([
      signature.slice(0, 66),
      toBeHex(order - BigInt(`0x${signature.slice(66, 130)}`), 32),
      v === '1b' ? '0x1c' : '0x1b',
    ]);
    const odd = [`${signature}00`, rs, '0x', `${rs}${v === '1b' ? '00' : '01'}`, malleable];
    for (const form of odd) {
      const answer = await refusal(credit, hands.stranger, 'redeemWithSig', ...Object.values(signed), form);
      expect(answer).toBe(`PrepaidCreditInvalidSignature(${signed.holder})`);
    }
    const nobody = redemption({ holder: ZeroAddress });
    const answer = await refusal(credit, hands.stranger, 'redeemWithSig', ...Object.values(nobody), signature);
    expect(answer).toBe(`PrepaidCreditInvalidSignature(${ZeroAddress})`);
  });

  it('[SET-A12] pays for a contract that agrees (ERC-1271), which can change nothing while it is asked', async () => {
    const { credit, hands, redemption } = fixture.on;
    const holder = await puppet.getAddress();
    await issue(1n, 200n, { to: holder });
    const call = [...Object.values(redemption({ holder })), '0x1234'] as const;
    const again = credit.interface.encodeFunctionData('redeem', [1n, ref, 9n]);
    await send(puppet, hands.stranger, 'plan', 4, await credit.getAddress(), again);
    expect(await refusal(credit, hands.stranger, 'redeemWithSig', ...call)).toBe('accepted');
    await send(puppet, hands.stranger, 'plan', 1, ZeroAddress, '0x');
    expect(await refusal(credit, hands.stranger, 'redeemWithSig', ...call)).toBe(`PrepaidCreditInvalidSignature(${holder})`);
  });

  it('[SET-A38] keeps the numbers of holders apart: a stranger who redeems one unit blocks nobody', async () => {
    const { credit, hands, redemption, signRedemption } = fixture.on;
    const { payer, stranger } = hands;
    await issue(1n, 100n);
    await issue(2n, 1n, { to: stranger.address });
    const signed = redemption({ amount: 60n, seq: 5n });
    const receipt = await send(credit, stranger, 'redeem', 1n, signed.invoiceRef, 5n);
    expect(eventsIn(receipt, credit)[1]).toBe(`CreditRedeemed(${stranger.address},${signed.invoiceRef},5,1)`);
    const victims = await send(credit, stranger, 'redeemWithSig', ...Object.values(signed), await signRedemption(signed));
    expect(eventsIn(victims, credit)[1]).toBe(`CreditRedeemed(${payer.address},${signed.invoiceRef},5,60)`);
    expect(await refusal(credit, payer, 'redeem', 1n, signed.invoiceRef, 5n)).toBe('PrepaidCreditSeqUsed(5)');
  });

  it('[SET-A37] expires behind its month and a month of grace, in which it is only refunded', async () => {
    const { credit, hands } = fixture.on;
    const { payer, refunder, stranger } = hands;
    const { address } = payer;
    const epoch = await currentEpoch();
    await issue(1n, 100n, { epoch });
    await issue(2n, 50n, { epoch: epoch + 1 });
    await travelTo(fixture.on, beginningOf(epoch + 1) - 2);
    expect(await refusal(credit, payer, 'redeem', 150n, ref, 1n)).toBe('accepted');
    await travelTo(fixture.on, beginningOf(epoch + 1));
    expect([await read('balanceOf', address), await read('unburntOf', address)]).toEqual([50n, 150n]);
    expect(await refusal(credit, payer, 'redeem', 51n, ref, 1n)).toBe(`ERC20InsufficientBalance(${address},50,51)`);
    expect(eventsIn(await send(credit, stranger, 'expire', address), credit)).toEqual([]);
    const receipt = await send(credit, refunder, 'refundCredit', address, 40n, 1n, ref);
    expect(eventsIn(receipt, credit)[1]).toBe(`CreditRefunded(${address},1,40,${ref})`);
    expect([await read('balanceOfAtEpoch', epoch, address), await read('balanceOf', address)]).toEqual([60n, 50n]);
    await travelTo(fixture.on, beginningOf(epoch + 2));
    expect([await read('balanceOf', address), await read('unburntOf', address), await read('totalSupply')]).toEqual([0n, 110n, 110n]);
    const tooMuch = await refusal(credit, refunder, 'refundCredit', address, 51n, 2n, ref);
    expect(tooMuch).toBe(`ERC20InsufficientBalance(${address},50,51)`);
    const expired = await send(credit, stranger, 'expire', address);
    expect(eventsIn(expired, credit)).toEqual([`Transfer(${address},${ZeroAddress},60)`, `CreditExpired(${address},60,${epoch})`]);
    expect(await read('totalSupply')).toBe(50n);
    expect(eventsIn(await send(credit, stranger, 'expire', address), credit)).toEqual([]);
  });

  it('is not burnt by the service before the contract would, nor once nothing is left', async () => {
    const { credit, hands, chain } = fixture.on;
    const { payer, stranger } = hands;
    const epoch = await currentEpoch();
    await issue(1n, 100n, { epoch });
    const contract = (await credit.getAddress()).toLowerCase();
    const data = { chainId: '31337', contract, providerId: `${providerId}`, holder: payer.address.toLowerCase(), epoch: `${epoch}` };
    const by = { node: new JsonRpc(chain.url), from: stranger.address };
    const next = () => new ContractDispatchCalls().next({ type: 'CreditExpiryOrdered/1', data }, by);
    await travelTo(fixture.on, beginningOf(epoch + 2) - 1);
    expect(await next()).toBe('too-early');
    await travelTo(fixture.on, beginningOf(epoch + 2));
    const call = { to: contract, data: credit.interface.encodeFunctionData('expire', [payer.address]) };
    expect(await next()).toEqual({ step: 'main', call });
    expect(eventsIn(await send(credit, stranger, 'expire', payer.address), credit)).toContain(
      `CreditExpired(${payer.address},100,${epoch})`,
    );
    expect(await next()).toBeUndefined();
  });

  it('[SET-A37] is burnt before a month of a year later takes its place, and is found by no loop that has no end', async () => {
    const { credit, hands } = fixture.on;
    const { address } = hands.payer;
    const epoch = await currentEpoch();
    for (let month = 0; month < 12; month++) await issue(BigInt(month), 10n, { epoch: epoch + month });
    await travelTo(fixture.on, beginningOf(epoch + 2));
    await issue(12n, 7n, { epoch: epoch + 12 });
    const receipt = await issue(13n, 7n, { epoch: epoch + 13 });
    expect(eventsIn(receipt, credit).slice(0, 2)).toEqual([
      `Transfer(${address},${ZeroAddress},10)`,
      `CreditExpired(${address},10,${epoch})`,
    ]);
    expect([await read('unburntOf', address), await read('balanceOf', address)]).toEqual([124n, 114n]);
    const worst = await send(credit, hands.payer, 'redeem', 114n, ref, 1n);
    expect(Number(worst.gasUsed)).toBeLessThan(150_000);
    await travelTo(fixture.on, beginningOf(epoch + 200));
    expect(eventsIn(await send(credit, hands.stranger, 'expire', address), credit)).toContain(`CreditExpired(${address},10,${epoch + 1})`);
    expect(await read('totalSupply')).toBe(0n);
  });

  it('[SET-A37] that expired is passed over by a redemption, and burnt later', async () => {
    const { credit, hands } = fixture.on;
    const { address } = hands.payer;
    const epoch = await currentEpoch();
    await issue(1n, 10n, { epoch });
    await travelTo(fixture.on, beginningOf(epoch + 23));
    await issue(2n, 7n, { epoch: epoch + 28 }); // Behind the bucket of the expired ones, two turns of the ring later.
    await send(credit, hands.payer, 'redeem', 7n, ref, 1n);
    expect(await read('unburntOf', address)).toBe(10n);
    const receipt = await send(credit, hands.stranger, 'expire', address);
    expect(eventsIn(receipt, credit)).toContain(`CreditExpired(${address},10,${epoch})`);
    expect(await read('totalSupply')).toBe(0n);
  });

  it('is refunded by refunders, once a number', async () => {
    const { credit, registry, hands } = fixture.on;
    const { payer, refunder, signer, providerAdmin } = hands;
    await issue(1n, 100n);
    for (const by of [signer, providerAdmin, payer])
      expect(await refusal(credit, by, 'refundCredit', payer.address, 1n, 1n, ref)).toBe(`PrepaidCreditNotRefunder(${by.address})`);
    await send(credit, refunder, 'refundCredit', payer.address, 10n, 1n, ref);
    expect(await read('refundedWord', 0)).toBe(2n);
    expect(await refusal(credit, refunder, 'refundCredit', payer.address, 10n, 1n, ref)).toBe('PrepaidCreditSeqUsed(1)');
    expect(await refusal(credit, refunder, 'refundCredit', payer.address, 0n, 2n, ref)).toBe('PrepaidCreditAmountOutOfRange(0)');
    await send(registry, providerAdmin, 'setRefunder', providerId, refunder.address, 0);
    expect(await refusal(credit, refunder, 'refundCredit', payer.address, 1n, 2n, ref)).toBe(
      `PrepaidCreditNotRefunder(${refunder.address})`,
    );
  });

  it('[SET-A30] is not issued or created in a pause, and is redeemed, expired and refunded all the same', async () => {
    const { credit, factory, registry, hands, redemption, signRedemption } = fixture.on;
    const { admin, guardian, other, payer, refunder, stranger, treasury } = hands;
    const epoch = await currentEpoch();
    await issue(1n, 500n, { epoch });
    await issue(2n, 500n, { epoch: epoch + 2 });
    await send(registry, admin, 'createProvider', 2n, other.address, treasury.address);
    await travelTo(fixture.on, beginningOf(epoch + 2));
    await send(factory, guardian, 'pause');
    await send(registry, guardian, 'setProviderPaused', providerId, true);
    const until = await now(fixture.on);
    expect(await refusalToIssue(3n, 1n)).toBe('EnforcedPause()');
    expect(await refusal(factory, other, 'createCredit', 2n, 2, '0x455552', 5n, 'Other', 'OTH')).toBe('EnforcedPause()');
    await send(credit, payer, 'redeem', 1n, ref, 1n);
    const signed = redemption({ seq: 2n });
    await send(credit, stranger, 'redeemWithSig', ...Object.values(signed), await signRedemption(signed));
    await send(credit, stranger, 'expire', payer.address);
    await send(credit, refunder, 'refundCredit', payer.address, 1n, 1n, ref);
    expect(await read('totalSupply')).toBe(398n);
    await travelTo(fixture.on, until + 7 * day);
    expect(await refusalToIssue(3n, 1n)).toBe(`PrepaidCreditProviderInactive(${providerId})`);
    await send(registry, hands.providerAdmin, 'setProviderPaused', providerId, false);
    expect(await refusalToIssue(3n, 1n)).toBe('accepted');
  });

  it('[SET-A31] knows no keys of another provider', async () => {
    const { chain, credit, factory, registry, hands } = fixture.on;
    const { admin, other, treasury, stranger } = hands;
    await issue(1n, 100n);
    await send(registry, admin, 'createProvider', 2n, other.address, treasury.address);
    await send(registry, other, 'setRefunder', 2n, stranger.address, forever);
    await send(factory, other, 'createCredit', 2n, 2, '0x455552', 5n, 'Other', 'OTH');
    const theirs = new Contract((await factory.getFunction('creditOf')(2n)) as string, prepaidCreditAbi, chain.provider);
    await send(theirs, other, 'setMinter', stranger.address, forever);
    await send(registry, other, 'setProviderPaused', 2n, true);
    expect(await refusal(credit, other, 'setMinter', stranger.address, 1)).toBe(`PrepaidCreditNotProviderAdmin(${other.address})`);
    const epoch = await currentEpoch();
    const minted = await refusal(credit, stranger, 'issue', stranger.address, 1n, 2n, epoch, ref);
    expect(minted).toBe(`PrepaidCreditNotMinter(${stranger.address})`);
    const refunded = await refusal(credit, stranger, 'refundCredit', hands.payer.address, 1n, 1n, ref);
    expect(refunded).toBe(`PrepaidCreditNotRefunder(${stranger.address})`);
    expect(await refusalToIssue(2n, 1n)).toBe('accepted');
  });
});
