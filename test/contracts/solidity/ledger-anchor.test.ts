import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ContractFactory, type ContractTransactionReceipt, dataLength, keccak256, ZeroAddress, ZeroHash } from 'ethers';
import { ledgerAnchorAbi, ledgerAnchorBytecode, ledgerAnchorCodeHash } from '../../../contracts/generated/ledger-anchor.ts';
import { consistencyProof, inclusionProof, leafHash, rangesOf } from '../../../bench/support/reference-tree.ts';
import { anchorCalldata } from '../../../services/integrity/adapters/chain/anchor-calldata.ts';
import { type AnchorFixture, anchorFixture, hex, logId, refusal, refusalOfBytes, send } from './ledger-anchor.fixture.ts';

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
const calldata = (log: string, from: number, to: number, codeHash: string): string =>
  anchorCalldata(
    {
      ...{ logId: log.slice(2), oldSize: BigInt(from), newSize: BigInt(to), newRoot: range(0n, BigInt(to)) },
      proof: from === 0 ? [] : consistencyProof(range, BigInt(from), BigInt(to)),
    },
    codeHash,
  );
const packed = (log: string, from: number, to: number): string => calldata(log, from, to, ledgerAnchorCodeHash);
const extend = (log: string, from: number, to: number) => send(fixture.anchor, fixture.publisher, 'anchor', ...step(log, from, to));
const refused = (...call: [string, number, number, string, string[]]) => refusal(fixture.anchor, fixture.publisher, 'anchor', ...call);
/** Name and arguments of each event of ours in a transaction. */
const eventsOf = ({ logs }: ContractTransactionReceipt): unknown[][] =>
  logs.map((log) => fixture.anchor.interface.parseLog(log)).map((event) => [event?.name, ...((event?.args ?? []) as unknown[])]);
const latest = async (log: string): Promise<unknown[]> => [...((await fixture.anchor.getFunction('latest')(log)) as unknown[])];

describe('LedgerAnchor', () => {
  it('[E6] takes each extension with its proof, counts it and tells the root before', async () => {
    const log = await registered('extends');
    const first = await extend(log, 0, 7);
    expect(eventsOf(first)).toEqual([['Anchored', log, 7n, root(7), root(0), 1n]]);
    const second = await extend(log, 7, 23);
    expect(eventsOf(second)).toEqual([['Anchored', log, 23n, root(23), root(7), 2n]]);
    expect(await latest(log)).toEqual([23n, root(23), 2n]);
  });

  it('holds the empty tree for a registered log, and zeros for any other', async () => {
    const log = await registered('empty');
    expect(await latest(log)).toEqual([0n, root(0), 0n]);
    expect(root(0)).toBe('0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(await latest(logId('nobody'))).toEqual([0n, ZeroHash, 0n]);
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

  it('has a guardian from its first day', async () => {
    const { anchor, chain, guardian, publisher } = fixture;
    const deployment = new ContractFactory(ledgerAnchorAbi, ledgerAnchorBytecode);
    const attempt = async (by: string) => {
      const { data } = await deployment.getDeployTransaction(0, await publisher.getAddress(), by);
      const error = await chain.provider.call({ data }).catch((failure: unknown) => failure as { data: string });
      return typeof error === 'string' ? 'accepted' : anchor.interface.parseError(error.data)?.name;
    };
    expect(await attempt(await guardian.getAddress())).toBe('accepted');
    expect(await attempt(ZeroAddress)).toBe('LedgerAnchorZeroAddress');
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
    const unknown = logId('nobody');
    expect(await refusal(fixture.anchor, fixture.guardian, 'freeze', unknown)).toBe(`LedgerAnchorNotRegistered(${unknown})`);
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
    expect(eventsOf(receipt)).toEqual([['PublisherRotated', log, await fixture.publisher.getAddress(), next]]);
    expect(await refused(...step(log, 8, 9))).toContain('LedgerAnchorNotPublisher');
    await send(fixture.anchor, fixture.stranger, 'anchor', ...step(log, 8, 9));
    expect(await refusal(fixture.anchor, fixture.stranger, 'acceptPublisher', log)).toContain('LedgerAnchorNotProposed');
  });

  it('takes the same call in fewer bytes, with the same event and the same refusals', async () => {
    const log = await registered('packed');
    const to = await fixture.anchor.getAddress();
    const refusedBytes = (data: string, by = fixture.publisher) => refusalOfBytes(fixture.anchor, by, data);
    await (await fixture.publisher.sendTransaction({ to, data: packed(log, 0, 7) })).wait();
    const sent = await fixture.publisher.sendTransaction({ to, data: packed(log, 7, 23) });
    expect(eventsOf((await sent.wait()) as ContractTransactionReceipt)).toEqual([['Anchored', log, 23n, root(23), root(7), 2n]]);
    const stranger = await fixture.stranger.getAddress();
    expect(await refusedBytes(packed(log, 7, 23))).toBe('LedgerAnchorSizeMismatch(7,23)');
    expect(await refusedBytes(packed(log, 23, 40), fixture.stranger)).toBe(`LedgerAnchorNotPublisher(${log},${stranger})`);
    const whole = packed(log, 23, 40);
    expect(await refusedBytes(whole)).toBe('accepted');
    expect(await refusedBytes(whole.slice(0, -64))).toBe(`LedgerAnchorInconsistent(${log},40)`);
    expect(await refusedBytes(whole.slice(0, -2))).toBe(`LedgerAnchorMalformed(${dataLength(whole) - 1})`);
    expect(await refusedBytes(`${whole}00`)).toBe(`LedgerAnchorMalformed(${dataLength(whole) + 1})`);
    expect(await refusedBytes(whole.slice(0, 10))).toBe('LedgerAnchorMalformed(4)');
  });

  it('is called in packed form where it has the committed code, and plainly where it has another', () => {
    const plain = fixture.anchor.interface.encodeFunctionData('anchor', step(logId('any'), 7, 23));
    expect(calldata(logId('any'), 7, 23, `0x${'00'.repeat(32)}`)).toBe(plain);
    expect(packed(logId('any'), 7, 23)).toHaveLength(plain.length - 2 * 112);
  });

  it('skips a bad item of many and leaves its neighbours alone', async () => {
    const [one, two, three] = [await registered('many 1'), await registered('many 2'), await registered('many 3')];
    const bad: [string, number, number, string, string[]] = [two, 0, 7, root(7), [root(1)]];
    const receipt = await send(fixture.anchor, fixture.publisher, 'anchorMany', [step(one, 0, 7), bad, step(three, 0, 9)]);
    const reason = fixture.anchor.interface.getError('LedgerAnchorInconsistent')?.selector;
    expect(eventsOf(receipt)).toEqual([
      ['Anchored', one, 7n, root(7), root(0), 1n],
      ['AnchorSkipped', two, reason],
      ['Anchored', three, 9n, root(9), root(0), 1n],
    ]);
    expect(await latest(two)).toEqual([0n, root(0), 0n]);
  });

  it('skips each bad item for the reason that anchor alone would give, and takes a log twice in a row', async () => {
    const [good, foreign, frozen] = [await registered('mixed good'), logId('mixed foreign'), await registered('mixed frozen')];
    await send(fixture.anchor, fixture.admin, 'register', foreign, await fixture.stranger.getAddress());
    await send(fixture.anchor, fixture.guardian, 'freeze', frozen);
    const items = [
      ...[step(foreign, 0, 7), step(frozen, 0, 7), step(logId('nobody'), 0, 7)],
      ...[step(good, 6, 7), step(good, 0, 7), step(good, 7, 9), step(good, 7, 12)],
      [good, 9, 9, root(9), []],
    ];
    const receipt = await send(fixture.anchor, fixture.publisher, 'anchorMany', items);
    const selector = (error: string) => fixture.anchor.interface.getError(`LedgerAnchor${error}`)?.selector;
    expect(eventsOf(receipt)).toEqual([
      ['AnchorSkipped', foreign, selector('NotPublisher')],
      ['AnchorSkipped', frozen, selector('Frozen')],
      ['AnchorSkipped', logId('nobody'), selector('NotRegistered')],
      ['AnchorSkipped', good, selector('SizeMismatch')],
      ['Anchored', good, 7n, root(7), root(0), 1n],
      ['Anchored', good, 9n, root(9), root(7), 2n],
      ['AnchorSkipped', good, selector('SizeMismatch')],
      ['AnchorSkipped', good, selector('NotAhead')],
    ]);
  });

  it('tells in its events who registered, proposed and froze', async () => {
    const log = logId('events');
    const [publisher, next] = [await fixture.publisher.getAddress(), await fixture.stranger.getAddress()];
    const { anchor, admin, guardian } = fixture;
    expect(eventsOf(await send(anchor, admin, 'register', log, publisher))).toEqual([['LogRegistered', log, publisher]]);
    expect(eventsOf(await send(anchor, fixture.publisher, 'proposePublisher', log, next))).toEqual([['PublisherProposed', log, next]]);
    expect(await anchor.getFunction('publisherOf')(log)).toBe(publisher);
    expect(eventsOf(await send(anchor, guardian, 'freeze', log))).toEqual([['Frozen', log]]);
    expect(await anchor.getFunction('publisherOf')(log)).toBe(ZeroAddress);
  });

  it('takes a proposal back, and asks only the last one proposed', async () => {
    const log = await registered('withdrawn');
    const stranger = await fixture.stranger.getAddress();
    const refusalOfStranger = () => refusal(fixture.anchor, fixture.stranger, 'acceptPublisher', log);
    await send(fixture.anchor, fixture.publisher, 'proposePublisher', log, stranger);
    expect(await refusalOfStranger()).toBe('accepted');
    await send(fixture.anchor, fixture.publisher, 'proposePublisher', log, ZeroAddress);
    expect(await refusalOfStranger()).toBe(`LedgerAnchorNotProposed(${log},${stranger})`);
    await send(fixture.anchor, fixture.publisher, 'proposePublisher', log, await fixture.guardian.getAddress());
    expect(await refusalOfStranger()).toBe(`LedgerAnchorNotProposed(${log},${stranger})`);
  });

  it('[ATT-27] carries nothing from one log to another', async () => {
    const [one, two] = [await registered('own 1'), await registered('own 2')];
    await extend(one, 0, 7);
    expect(await refused(...step(two, 7, 9))).toBe('LedgerAnchorSizeMismatch(7,0)');
    await send(fixture.anchor, fixture.publisher, 'proposePublisher', one, await fixture.stranger.getAddress());
    expect(await refusal(fixture.anchor, fixture.stranger, 'acceptPublisher', two)).toContain('LedgerAnchorNotProposed');
  });

  it('checks inclusion against the latest anchor alone', async () => {
    const log = await registered('inclusion');
    await extend(log, 0, 9);
    const check = (leaf: number, index: number, size: number): Promise<boolean> =>
      fixture.anchor.getFunction('verifyInclusion')(
        log,
        leaves[leaf],
        index,
        hex(inclusionProof(range, BigInt(index), BigInt(size))),
      ) as Promise<boolean>;
    expect(await check(4, 4, 9)).toBe(true);
    expect(await check(5, 4, 9)).toBe(false);
    await extend(log, 9, 40);
    expect(await check(4, 4, 9)).toBe(false);
    expect(await check(4, 4, 40)).toBe(true);
    expect(await fixture.anchor.getFunction('verifyInclusion')(logId('nobody'), leaves[0], 0, [])).toBe(false);
  });

  it('registers no log a second time, even one that was frozen over a root of zero', async () => {
    const log = await registered('zero root');
    await send(fixture.anchor, fixture.publisher, 'anchor', log, 0, 7, ZeroHash, []);
    await send(fixture.anchor, fixture.guardian, 'freeze', log);
    const publisher = await fixture.publisher.getAddress();
    expect(await refusal(fixture.anchor, fixture.admin, 'register', log, publisher)).toBe(`LedgerAnchorAlreadyRegistered(${log})`);
    expect(await refused(...step(log, 7, 9))).toBe(`LedgerAnchorFrozen(${log})`);
  });

  it('has a code hash that is known before it is deployed', async () => {
    expect(keccak256(await fixture.chain.provider.getCode(await fixture.anchor.getAddress()))).toBe(ledgerAnchorCodeHash);
  });

  it('lets the admin of tomorrow wait: a transfer begins, takes its delay and must be accepted', async () => {
    const { anchor, admin, chain, stranger } = fixture;
    const next = await stranger.getAddress();
    const delayed = await fixture.deploy(
      ledgerAnchorAbi,
      ledgerAnchorBytecode,
      3_600,
      await admin.getAddress(),
      await fixture.guardian.getAddress(),
    );
    expect(await anchor.getFunction('defaultAdminDelay')()).toBe(0n);
    expect(await delayed.getFunction('defaultAdminDelay')()).toBe(3_600n);
    await send(delayed, admin, 'beginDefaultAdminTransfer', next);
    expect(await refusal(delayed, stranger, 'acceptDefaultAdminTransfer')).toContain('AccessControlEnforcedDefaultAdminDelay');
    await chain.provider.send('evm_increaseTime', [3_601]);
    await chain.provider.send('evm_mine', []);
    await send(delayed, stranger, 'acceptDefaultAdminTransfer');
    expect(await delayed.getFunction('defaultAdmin')()).toBe(next);
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
      'anchorPacked',
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
