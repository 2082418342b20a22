import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ZeroAddress } from 'ethers';
import { consistencyProof, leafHash, rangesOf } from '../../../bench/support/reference-tree.ts';
import { type AnchorFixture, anchorFixture, hex, logId, refusal, send } from './ledger-anchor.fixture.ts';

let fixture: AnchorFixture;
beforeAll(async () => void (fixture = await anchorFixture()), 30_000);
afterAll(() => fixture.chain.stop());

const leaves = Array.from({ length: 40 }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));
const range = rangesOf(leaves);
const root = (size: number): string => `0x${range(0n, BigInt(size)).toString('hex')}`;
const proof = (from: number, to: number): string[] => (from === 0 ? [] : hex(consistencyProof(range, BigInt(from), BigInt(to))));

async function registered(name: string): Promise<string> {
  const log = logId(name);
  await send(fixture.anchor, fixture.admin, 'register', log, await fixture.publisher.getAddress());
  return log;
}

const step = (log: string, from: number, to: number): [string, number, number, string, string[]] => [
  log,
  from,
  to,
  root(to),
  proof(from, to),
];
const extend = (log: string, from: number, to: number) => send(fixture.anchor, fixture.publisher, 'anchor', ...step(log, from, to));
const refused = (...call: [string, number, number, string, string[]]) => refusal(fixture.anchor, fixture.publisher, 'anchor', ...call);
const latest = async (log: string): Promise<unknown[]> => [...((await fixture.anchor.getFunction('latest')(log)) as unknown[])];

describe('LedgerAnchor', () => {
  it('[E6] takes each extension with its proof, counts it and tells the root before', async () => {
    const log = await registered('extends');
    await extend(log, 0, 7);
    const receipt = await extend(log, 7, 23);
    expect(await latest(log)).toEqual([23n, root(23), 2n]);
    const event = fixture.anchor.interface.parseLog(receipt.logs[0]!);
    expect([event?.name, ...(event?.args ?? [])]).toEqual(['Anchored', log, 23n, root(23), root(7), 2n]);
  });

  it('refuses another old size with the stored one, a size that is not ahead, and a tree that does not extend', async () => {
    const log = await registered('refuses');
    await extend(log, 0, 7);
    expect(await refused(...step(log, 6, 23))).toBe('LedgerAnchorSizeMismatch(6,7)');
    expect(await refused(log, 7, 7, root(7), [])).toBe('LedgerAnchorNotAhead(7,7)');
    expect(await refused(log, 7, 6, root(6), [])).toBe('LedgerAnchorNotAhead(6,7)');
    expect(await refused(log, 7, 23, root(22), proof(7, 23))).toBe(`LedgerAnchorInconsistent(${log},23)`);
    expect(await refused(log, 7, 23, root(23), [])).toBe(`LedgerAnchorInconsistent(${log},23)`);
    expect(await refused(log, 7, 23, root(23), proof(6, 23))).toBe(`LedgerAnchorInconsistent(${log},23)`);
    expect(await latest(log)).toEqual([7n, root(7), 1n]);
  });

  it('has no mode without a proof: a first anchor takes none, every later one needs it', async () => {
    const log = await registered('first');
    expect(await refused(log, 0, 7, root(7), [root(1)])).toBe(`LedgerAnchorInconsistent(${log},7)`);
    await extend(log, 0, 8);
    expect(await refused(log, 8, 9, root(9), [])).toBe(`LedgerAnchorInconsistent(${log},9)`);
    await extend(log, 8, 9);
  });

  it('lets only the publisher extend a log', async () => {
    const log = await registered('publisher');
    const stranger = await fixture.stranger.getAddress();
    for (const by of [fixture.stranger, fixture.admin, fixture.guardian]) {
      const address = await by.getAddress();
      expect(await refusal(fixture.anchor, by, 'anchor', ...step(log, 0, 7))).toBe(`LedgerAnchorNotPublisher(${log},${address})`);
    }
    expect(await refusal(fixture.anchor, fixture.stranger, 'proposePublisher', log, stranger)).toBe(
      `LedgerAnchorNotPublisher(${log},${stranger})`,
    );
    expect(await refused(...step(logId('nobody'), 0, 7))).toBe(`LedgerAnchorNotRegistered(${logId('nobody')})`);
  });

  it('registers a log once, by the admin alone', async () => {
    const log = await registered('once');
    const publisher = await fixture.publisher.getAddress();
    expect(await refusal(fixture.anchor, fixture.admin, 'register', log, publisher)).toBe(`LedgerAnchorAlreadyRegistered(${log})`);
    expect(await refusal(fixture.anchor, fixture.publisher, 'register', logId('x'), publisher)).toContain(
      'AccessControlUnauthorizedAccount',
    );
    expect(await refusal(fixture.anchor, fixture.admin, 'register', logId('x'), ZeroAddress)).toBe('LedgerAnchorZeroAddress()');
  });

  it('is frozen by a guardian for ever, and a guardian can do nothing else', async () => {
    const log = await registered('frozen');
    await extend(log, 0, 7);
    await send(fixture.anchor, fixture.publisher, 'proposePublisher', log, await fixture.stranger.getAddress());
    expect(await refusal(fixture.anchor, fixture.admin, 'freeze', log)).toContain('AccessControlUnauthorizedAccount');
    await send(fixture.anchor, fixture.guardian, 'freeze', log);
    expect(await refused(...step(log, 7, 23))).toBe(`LedgerAnchorFrozen(${log})`);
    const stranger = await fixture.stranger.getAddress();
    expect(await refusal(fixture.anchor, fixture.stranger, 'acceptPublisher', log)).toBe(`LedgerAnchorNotProposed(${log},${stranger})`);
    expect(await refusal(fixture.anchor, fixture.guardian, 'freeze', log)).toBe(`LedgerAnchorFrozen(${log})`);
    expect(await refusal(fixture.anchor, fixture.admin, 'register', log, stranger)).toBe(`LedgerAnchorAlreadyRegistered(${log})`);
    expect(await latest(log)).toEqual([7n, root(7), 1n]);
  });

  it('[ATT-23] stays frozen when it was frozen before its first anchor', async () => {
    const log = await registered('frozen early');
    await send(fixture.anchor, fixture.guardian, 'freeze', log);
    expect(await refusal(fixture.anchor, fixture.admin, 'register', log, await fixture.publisher.getAddress())).toBe(
      `LedgerAnchorAlreadyRegistered(${log})`,
    );
    expect(await refused(...step(log, 0, 7))).toBe(`LedgerAnchorFrozen(${log})`);
  });

  it('rotates its publisher in two steps', async () => {
    const log = await registered('rotates');
    await extend(log, 0, 7);
    const next = await fixture.stranger.getAddress();
    await send(fixture.anchor, fixture.publisher, 'proposePublisher', log, next);
    await extend(log, 7, 8);
    const receipt = await send(fixture.anchor, fixture.stranger, 'acceptPublisher', log);
    const event = fixture.anchor.interface.parseLog(receipt.logs[0]!);
    expect([event?.name, ...(event?.args ?? [])]).toEqual(['PublisherRotated', log, await fixture.publisher.getAddress(), next]);
    expect(await refused(...step(log, 8, 9))).toContain('LedgerAnchorNotPublisher');
    await send(fixture.anchor, fixture.stranger, 'anchor', ...step(log, 8, 9));
    expect(await refusal(fixture.anchor, fixture.stranger, 'acceptPublisher', log)).toContain('LedgerAnchorNotProposed');
  });

  it('skips a bad item of many and leaves its neighbours alone', async () => {
    const [one, two, three] = [await registered('many 1'), await registered('many 2'), await registered('many 3')];
    const bad: [string, number, number, string, string[]] = [two, 0, 7, root(7), [root(1)]];
    const receipt = await send(fixture.anchor, fixture.publisher, 'anchorMany', [step(one, 0, 7), bad, step(three, 0, 9)]);
    const events = receipt.logs.map((log) => fixture.anchor.interface.parseLog(log));
    const reason = fixture.anchor.interface.getError('LedgerAnchorInconsistent')?.selector;
    expect(events.map((event) => [event?.name, event?.args[0], event?.args[1]])).toEqual([
      ['Anchored', one, 7n],
      ['AnchorSkipped', two, reason],
      ['Anchored', three, 9n],
    ]);
    expect(await latest(two)).toEqual([0n, `0x${'0'.repeat(64)}`, 0n]);
  });

  it('[ATT-25] has no function that sets a root, lowers a size or changes the code', () => {
    const writing = fixture.anchor.interface.fragments
      .filter(
        (fragment) =>
          fragment.type === 'function' && 'stateMutability' in fragment && !['view', 'pure'].includes(fragment.stateMutability as string),
      )
      .map((fragment) => (fragment as unknown as { name: string }).name)
      .sort();
    expect(writing).toEqual([
      'acceptDefaultAdminTransfer',
      'acceptPublisher',
      'anchor',
      'anchorMany',
      'beginDefaultAdminTransfer',
      'cancelDefaultAdminTransfer',
      'changeDefaultAdminDelay',
      'freeze',
      'grantRole',
      'proposePublisher',
      'register',
      'renounceRole',
      'revokeRole',
      'rollbackDefaultAdminDelay',
    ]);
  });
});
