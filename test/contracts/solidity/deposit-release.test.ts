import { hash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Contract, type ContractTransactionReceipt, getAddress, hexlify, id, toUtf8Bytes } from 'ethers';
import { consistencyProof, inclusionProof, leafHash, rangesOf } from '../../../bench/support/reference-tree.ts';
import { sealEvent, zeroHash } from '../../../services/integrity/domain/leaf.ts';
import { compile, compiled } from '../../support/compiled.ts';
import { type DepositTerms, evidenceOf, payloadHashOf } from '../../support/deposit-release.ts';
import { type AnchorFixture, anchorFixture, hex, logId, refusal, send } from './ledger-anchor.fixture.ts';

const origin = 'tallyroot.local/0123456789abcdef/north';
const name = { origin, stream: 'north.account-acc_1', eventType: 'ToppedUp/1', eventId: '3f2b1c4d-5e6f-5a7b-8c9d-0e1f2a3b4c5d' };
const amount = 1_000_000n;
const place = 12;

/** The event that was agreed on, as the ledger writes it. */
const sealed = sealEvent({
  ...{ origin, stream: name.stream, type: name.eventType, id: name.eventId, revision: 3n, at: '2026-01-02T03:04:05.678Z' },
  ...{
    fin: { account: 'acc_1', amount: '10.00', description: 'Grundgebühr €' },
    body: { actor: 'key_1' },
    previous: zeroHash.replace(/^0/, 'a'),
  },
  ...{ payloadSalt: hash('sha256', 'p', 'hex'), metadataSalt: hash('sha256', 'm', 'hex') },
});
const leaves = Array.from({ length: 40 }, (_, index) => leafHash(Buffer.from(index === place ? sealed.leaf.entry : `leaf ${index}`)));
const range = rangesOf(leaves);
const root = (size: number): string => hexlify(range(0n, BigInt(size)));
const evidence = (size: number, index = place) =>
  evidenceOf({
    ...{ entry: sealed.leaf.entry, data: sealed.data, metadata: sealed.metadata, index: BigInt(index), size: BigInt(size) },
    path: hex(inclusionProof(range, BigInt(index), BigInt(size))),
  });

let fixture: AnchorFixture;
let escrow: Contract;
let terms: DepositTerms;
let log: string;
let logs = 0;

beforeAll(async () => {
  await compile();
  fixture = await anchorFixture();
  const { abi, bytecode } = await compiled('contracts/examples/DepositRelease.sol', 'DepositRelease');
  escrow = await fixture.deploy(abi, bytecode, await fixture.anchor.getAddress());
}, 120_000);
afterAll(() => fixture.chain.stop());

beforeEach(async () => {
  log = logId(`deposits ${++logs}`);
  await send(fixture.anchor, fixture.admin, 'register', log, await fixture.publisher.getAddress());
  await send(fixture.anchor, fixture.publisher, 'anchor', log, 0, 23, root(23), []);
  const now = BigInt((await fixture.chain.provider.getBlock('latest'))?.timestamp ?? 0);
  terms = {
    ...{ depositor: await fixture.stranger.getAddress(), beneficiary: getAddress(`0x${(0xbe0000 + logs).toString(16).padStart(40, '0')}`) },
    ...{ deadline: now + 3_600n, logId: log, name, payloadHash: payloadHashOf(sealed.data) },
  };
});

const open = (of: DepositTerms = terms) => send(escrow, fixture.stranger, 'open', of, { value: amount });
const refused = (method: string, ...args: unknown[]) => refusal(escrow, fixture.stranger, method, ...args);
const idOf = (of: DepositTerms = terms): Promise<string> => escrow.getFunction('idOf')(of) as Promise<string>;
const depositOf = async (of: DepositTerms = terms): Promise<unknown[]> => [
  ...((await escrow.getFunction('depositOf')(await idOf(of))) as unknown[]),
];
const balanceOf = (address: string): Promise<bigint> => fixture.chain.provider.getBalance(address);
const eventsOf = ({ logs: entries }: ContractTransactionReceipt): unknown[][] =>
  entries.map((entry) => escrow.interface.parseLog(entry)).map((event) => [event?.name, ...((event?.args ?? []) as unknown[])]);
async function passDeadline(): Promise<void> {
  await fixture.chain.provider.send('evm_increaseTime', [3_601]);
  await fixture.chain.provider.send('evm_mine', []);
}
const [opened, released, refunded] = [1n, 2n, 3n];

describe('a deposit', () => {
  it('is released once, by anybody, to its beneficiary, when the ledger proves the event', async () => {
    const depositId = await idOf();
    const receipt = await open();
    expect(eventsOf(receipt)).toEqual([['DepositOpened', depositId, terms.depositor, terms.beneficiary, amount]]);
    expect(await depositOf()).toEqual([opened, amount]);
    const paid = await send(escrow, fixture.guardian, 'release', terms, evidence(23));
    expect(eventsOf(paid)).toEqual([['DepositReleased', depositId, hexlify(leaves[place] as Buffer), amount]]);
    expect([await balanceOf(terms.beneficiary), await balanceOf(await escrow.getAddress())]).toEqual([amount, 0n]);
    expect(await refused('release', terms, evidence(23))).toBe(`DepositReleaseNotOpen(${depositId},${released})`);
    await passDeadline();
    expect(await refused('refund', terms)).toBe(`DepositReleaseNotOpen(${depositId},${released})`);
  });

  it('goes back to its depositor behind the deadline, once, and not before', async () => {
    await open();
    expect(await refused('refund', terms)).toBe(`DepositReleaseTooEarly(${terms.deadline})`);
    await passDeadline();
    expect(await refused('release', terms, evidence(23))).toBe(`DepositReleaseTooLate(${terms.deadline})`);
    const before = await balanceOf(terms.depositor);
    const depositId = await idOf();
    expect(eventsOf(await send(escrow, fixture.guardian, 'refund', terms))).toEqual([['DepositRefunded', depositId, amount]]);
    expect((await balanceOf(terms.depositor)) - before).toBe(amount);
    expect(await refused('refund', terms)).toBe(`DepositReleaseNotOpen(${depositId},${refunded})`);
  });

  it('is not released by another leaf, index or proof', async () => {
    await open();
    const right = evidence(23);
    const notIncluded = /^DepositReleaseNotIncluded\(0x[0-9a-f]{64},\d+\)$/;
    const { rest, path } = right;
    const wrong = [
      { ...right, index: 13n },
      { ...evidence(23, 13) },
      { ...right, path: path.slice(1) },
      { ...right, path: [...path, path[0]] },
      { ...right, path: path.toReversed() },
      { ...right, salt: id('another salt') },
      { ...right, rest: { ...rest, rev: 4 } },
      { ...right, rest: { ...rest, prev: id('another leaf') } },
      { ...right, rest: { ...rest, meta: id('another hand') } },
      { ...right, rest: { ...rest, decidedAt: hexlify(toUtf8Bytes('2026-01-02T03:04:05.679Z')) } },
    ];
    for (const one of wrong) expect(await refused('release', terms, one)).toMatch(notIncluded);
    expect(await refused('release', terms, right)).toBe('accepted');
  });

  it('is not released by the same event under other terms: another log, origin, stream, type, id or payload', async () => {
    const other = logId(`deposits ${++logs}`);
    await send(fixture.anchor, fixture.admin, 'register', other, await fixture.publisher.getAddress());
    await send(fixture.anchor, fixture.publisher, 'anchor', other, 0, 23, id('another tree'), []);
    const notIncluded = /^DepositReleaseNotIncluded\(/;
    const changes: Partial<DepositTerms>[] = [
      { logId: other },
      { name: { ...name, origin: `${origin}/2` } },
      { name: { ...name, stream: 'north.account-acc_2' } },
      { name: { ...name, eventType: 'ToppedUp/2' } },
      { name: { ...name, eventId: name.eventId.replace('3', '4') } },
    ];
    for (const change of changes) {
      const asked = { ...terms, ...change };
      await open(asked);
      expect(await refused('release', asked, evidence(23))).toMatch(notIncluded);
    }
    const cheaper = payloadHashOf(sealed.data.replace('10.00', '1.00'));
    await open({ ...terms, payloadHash: cheaper });
    expect(await refused('release', { ...terms, payloadHash: cheaper }, evidence(23))).toBe(
      `DepositReleaseOtherPayload(${terms.payloadHash})`,
    );
  });

  it('takes no field in the place of another, wherever a quote stands', async () => {
    const smuggled = { ...name, stream: 'north.account-acc_1","type":"ToppedUp/1', eventType: 'ToppedUp/1' };
    await open({ ...terms, name: smuggled });
    expect(await refused('release', { ...terms, name: smuggled }, evidence(23))).toMatch(/^DepositReleaseNotIncluded/);
  });

  it('asks for a fresh proof when an anchor came in between', async () => {
    await open();
    const step = [log, 23, 40, root(40), hex(consistencyProof(range, 23n, 40n))];
    await send(fixture.anchor, fixture.publisher, 'anchor', ...step);
    expect(await refused('release', terms, evidence(23))).toBe('DepositReleaseStaleProof(23,40)');
    await send(escrow, fixture.stranger, 'release', terms, evidence(40));
    expect(await depositOf()).toEqual([released, amount]);
  });

  it('goes back at once when the log is frozen, and is released no more', async () => {
    await open();
    await send(fixture.anchor, fixture.guardian, 'freeze', log);
    expect(await refused('release', terms, evidence(23))).toBe(`DepositReleaseLogNotLive(${log})`);
    await send(escrow, fixture.guardian, 'refund', terms);
    expect(await depositOf()).toEqual([refunded, amount]);
  });

  it('is opened once, by its depositor, with coins, in time, for a log that lives', async () => {
    const value = { value: amount };
    expect(await refusal(escrow, fixture.admin, 'open', terms, value)).toBe(
      `DepositReleaseNotDepositor(${await fixture.admin.getAddress()})`,
    );
    expect(await refused('open', terms, { value: 0 })).toBe('DepositReleaseEmpty()');
    expect(await refused('open', { ...terms, beneficiary: `0x${'0'.repeat(40)}` }, value)).toBe('DepositReleaseZeroAddress()');
    expect(await refused('open', { ...terms, deadline: 1n }, value)).toBe('DepositReleaseTooLate(1)');
    const unknown = logId('nobody');
    expect(await refused('open', { ...terms, logId: unknown }, value)).toBe(`DepositReleaseLogNotLive(${unknown})`);
    await open();
    expect(await refused('open', terms, value)).toBe(`DepositReleaseOpenedBefore(${await idOf()})`);
    expect(await refused('release', { ...terms, deadline: terms.deadline + 1n }, evidence(23))).toMatch(/^DepositReleaseNotOpen\(/);
  });
});
