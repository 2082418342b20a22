import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Interface, Wallet } from 'ethers';
import { ledgerAnchorAbi, ledgerAnchorCodeHash } from '../../../contracts/generated/ledger-anchor.ts';
import { ChainKeyFiles } from '../../../services/chain/adapters/keys/chain-key-files.ts';
import { PostgresTransactionStore } from '../../../services/chain/adapters/postgres/postgres.transaction-store.ts';
import { ChainAccess, unkeptTransactions } from '../../../services/chain/chain-access.ts';
import { LedgerAnchorChain } from '../../../services/integrity/adapters/chain/ledger-anchor.chain.ts';
import { GrowingTree } from '../../../services/integrity/domain/tree/growing-tree.ts';
import { consistencyShape } from '../../../services/integrity/domain/tree/proof-shape.ts';
import { rootsFromTiles } from '../../../services/integrity/domain/tree/tile-hashes.ts';
import { contractActions } from '../../../services/main/chain/contract-actions.ts';
import { type Anvil, startAnvil } from '../../support/anvil.ts';
import { quietSettings } from './anchoring-fixture.ts';
import { anchoringForEachTest, type AnchoringWorld } from './anchoring-world.ts';
import { until } from './log-fixture.ts';

let anvil: Anvil;
let fixture: AnchoringWorld['fixture'];
let see: AnchoringWorld['see'];
let keyFolder: string;

anchoringForEachTest((world) => {
  ({ anvil, fixture, see } = world);
  keyFolder = join(fixture.folder, 'keys', 'chain');
});

/** `bin/tallyroot chain <action>`, about the log of a provider. */
async function chain(action: string, slug: string, ...more: string[]): Promise<string> {
  const log = `0x${await fixture.logIdOf(slug)}`;
  const args = ['--contract', fixture.contract.contract, '--log', log, ...more];
  return (await contractActions[action]!(args, { CHAIN_RPC_URL: anvil.url })).join('\n');
}

const keyFile = (name: string) => join(keyFolder, `${name}.key`);

describe('the hands of people', () => {
  it('rotate the publisher in two steps, and the anchorer goes on with the new key', async () => {
    await fixture.open('north');
    const first = await fixture.anchoring();
    const { size } = await see.untilFinal('north');
    const next = Wallet.createRandom();
    writeFileSync(keyFile('next'), next.privateKey, { mode: 0o600 });
    expect(await chain('propose', 'north', '--next', next.address, '--key-file', keyFile('publisher-north'))).toMatch(
      /proposed.* Transaction 0x/,
    );
    // Only proposed: the old key is still the publisher.
    await fixture.post('north', '1.00');
    const still = first.anchorer.anchorNow('north');
    await see.untilFinal('north', size + 1n);
    await still;
    expect(await chain('accept', 'north', '--key-file', keyFile('next'))).toMatch(/new publisher.* Transaction 0x/);
    expect(await chain('accept', 'north', '--key-file', keyFile('next'))).toMatch(/^Nothing to do/);
    await fixture.post('north', '1.00');
    await expect(first.anchorer.anchorNow('north')).rejects.toMatchObject({
      code: 'publisher_foreign',
      message: expect.stringContaining(next.address),
    });
    await first.anchorer.stop();
    const access = new ChainAccess({ node: anvil.rpc, chainId: '31337', transactions: new PostgresTransactionStore(fixture.pool) });
    const keys = new ChainKeyFiles({ folder: keyFolder, chainId: '31337', publisherFile: keyFile('next') });
    const second = await fixture.anchoring({ chain: new LedgerAnchorChain(access, fixture.contract, keys) });
    let isAnchored = false;
    void second.anchorer.anchorNow('north').then(() => (isAnchored = true));
    await until(async () => {
      await anvil.mine(1);
      return isAnchored || undefined;
    });
    expect(await chain('latest', 'north')).toContain(next.address);
  });

  it('freeze a log for ever, once, by a guardian and nobody else', async () => {
    await fixture.open('north');
    const { anchorer } = await fixture.anchoring();
    const { size } = await see.untilFinal('north');
    for (const name of ['publisher-north', 'admin'])
      await expect(chain('freeze', 'north', '--key-file', keyFile(name))).rejects.toMatchObject({
        name: 'AnchorRefusedFault',
        message: expect.stringContaining('AccessControlUnauthorizedAccount'),
      });
    expect(await chain('freeze', 'north', '--key-file', keyFile('guardian'))).toMatch(/frozen, for ever\. Transaction 0x/);
    expect(await chain('freeze', 'north', '--key-file', keyFile('guardian'))).toMatch(/^Nothing to do/);
    const held = await chain('latest', 'north');
    expect(held).toMatch(/state +frozen/);
    expect(held).toMatch(new RegExp(`size +${size}\n`));
    expect(held).toContain(`${ledgerAnchorCodeHash}, the one of this release`);
    await fixture.post('north', '1.00');
    await expect(anchorer.anchorNow('north')).rejects.toMatchObject({ code: 'frozen' });
    // The guardian can do nothing else, and nobody can undo it.
    const refused = chain('register', 'north', '--publisher', `0x${'1'.repeat(40)}`, '--key-file', keyFile('admin'));
    await expect(refused).rejects.toThrow('LedgerAnchorAlreadyRegistered');
    const proposed = chain('propose', 'north', '--next', `0x${'1'.repeat(40)}`, '--key-file', keyFile('guardian'));
    await expect(proposed).rejects.toThrow('LedgerAnchorFrozen');
  });

  it('register a log by the admin, once', async () => {
    await fixture.open('north');
    expect(await chain('latest', 'north')).toMatch(/state +never registered/);
    const { address } = await fixture.keys.walletOf({ publisherOf: 'north' });
    const register = (name: string) => chain('register', 'north', '--publisher', address, '--key-file', keyFile(name));
    await expect(register('guardian')).rejects.toThrow('AccessControlUnauthorizedAccount');
    expect(await register('admin')).toMatch(/registered.* Transaction 0x/);
    expect(await register('admin')).toMatch(/^Nothing to do/);
    await fixture.anchoring({ mayRegister: false });
    await see.untilFinal('north');
  });

  it('are told what an option takes', async () => {
    await expect(chain('propose', 'north', '--next', 'me', '--key-file', keyFile('admin'))).rejects.toThrow('--next takes an address');
    await expect(chain('freeze', 'north')).rejects.toThrow('--key-file takes the file');
    await expect(contractActions['latest']!(['--contract', '0x1'], {})).rejects.toThrow('--rpc takes the URL');
  });
});

describe('[ATT-23] a stolen publisher key', () => {
  it('raises an alarm in minutes, the guardian freezes, and what was anchored before stays', async () => {
    await fixture.open('north');
    const alarms: string[] = [];
    const { anchorer } = await fixture.anchoring({ onAlarm: ({ alarm }) => alarms.push(alarm?.code ?? '') });
    const honest = await see.untilFinal('north');
    await until(() => anchorer.statuses().find(({ state }) => state === 'idle'));
    const thief = await fixture.keys.walletOf({ publisherOf: 'north' });
    // The honest publisher's next leaves are never taken again: the thief's root is what has to be extended.
    const logId = `0x${await fixture.logIdOf('north')}`;
    const root = `0x${'66'.repeat(32)}`;
    const proof = [`0x${(await fixture.query.rootAt('north', honest.size)).toString('hex')}`];
    const data = new Interface(ledgerAnchorAbi).encodeFunctionData('anchor', [logId, honest.size, honest.size * 2n, root, proof]);
    const access = new ChainAccess({ node: anvil.rpc, chainId: '31337', transactions: unkeptTransactions() });
    // Without a proof the contract refuses even its own publisher: garbage has to extend what is there.
    await expect(access.queueOf(thief).keep('garbage', { to: fixture.contract.contract, data })).rejects.toMatchObject({
      name: 'ChainRefusedFault',
    });
    await garbage(thief, honest.size);
    await until(() => alarms.find((code) => code === 'chain_ahead'));
    await chain('freeze', 'north', '--key-file', keyFile('guardian'));
    await expect(garbage(thief, await heldSize())).rejects.toMatchObject({ name: 'ChainRefusedFault' });
    expect(await see.anchors.lastFinalised('north', fixture.contract)).toMatchObject({ size: honest.size });
    expect(anchorer.statuses()[0]).toMatchObject({ state: 'alarm' });
  });

  async function heldSize(): Promise<bigint> {
    return BigInt(/size +(\d+)/.exec(await chain('latest', 'north'))?.[1] ?? '0');
  }

  /** One leaf more, of which the ledger knows nothing. */
  async function garbage(thief: Wallet, size: bigint): Promise<void> {
    const ours = (await fixture.leaves.leaves('north', 0n, Number(size))).map(({ hash }) => hash);
    const tree = new GrowingTree();
    const tiles = tree.append(
      Buffer.concat([...ours, ...Array.from({ length: Number(size) + 1 - ours.length }, () => Buffer.alloc(32, 7))]),
    );
    const proof = rootsFromTiles(consistencyShape(size, size + 1n), tiles);
    const args = [`0x${await fixture.logIdOf('north')}`, size, size + 1n, tree.root(), proof];
    const data = new Interface(ledgerAnchorAbi).encodeFunctionData('anchor', args);
    const access = new ChainAccess({ node: anvil.rpc, chainId: '31337', transactions: unkeptTransactions() });
    await access.queueOf(thief).run('garbage', { to: fixture.contract.contract, data });
  }
});

describe('[ATT-27] a transaction replayed', () => {
  it('on another chain or once more is refused: it is signed for one chain and one nonce, and a size is taken once', async () => {
    const other = await startAnvil({ chainId: 31_338 });
    try {
      await fixture.open('north');
      await fixture.anchoring();
      const { place, size } = await see.untilFinal('north');
      const sent = await anvil.rpc.call<string>('eth_getRawTransactionByHash', place!.tx);
      await expect(other.rpc.call('eth_sendRawTransaction', sent)).rejects.toMatchObject({ name: 'ChainRefusedFault' });
      await expect(anvil.rpc.call('eth_sendRawTransaction', sent)).rejects.toMatchObject({ name: 'ChainRefusedFault' });
      const { input } = await anvil.rpc.call<{ input: string }>('eth_getTransactionByHash', place!.tx);
      const access = new ChainAccess({ node: anvil.rpc, chainId: '31337', transactions: unkeptTransactions() });
      const again = access.queueOf(await fixture.keys.walletOf({ publisherOf: 'north' }));
      await expect(again.keep('again', { to: fixture.contract.contract, data: input })).rejects.toMatchObject({
        name: 'ChainRefusedFault',
      });
      expect(await see.anchoredSizes('north')).toEqual([size]);
    } finally {
      await other.stop();
    }
  });
});

describe('two publishers of one log', () => {
  it('anchor it once between them, whoever comes first, when a lock no longer keeps them apart', async () => {
    await fixture.open('north');
    const free = { tryAcquire: () => Promise.resolve({ lost: new Promise<void>(() => undefined), release: () => Promise.resolve() }) };
    const settings = { ...quietSettings, eventsMax: 1 };
    const both = [await fixture.anchoring({ lock: free, settings }), await fixture.anchoring({ lock: free, settings })];
    for (let event = 0; event < 3; event++) {
      await fixture.post('north', '1.00');
      const head = await until(async () => {
        const round = await see.rounds.last('north');
        return round?.state === 'covered' && round.uptoSize > BigInt(event) ? round.head : undefined;
      });
      await see.untilFinal('north', head.size);
    }
    const sizes = await see.anchoredSizes('north');
    expect(sizes).toEqual([...new Set(sizes)].sort((left, right) => Number(left - right)));
    for (const size of sizes) expect(await see.anchors.find('north', fixture.contract, size)).toBeDefined();
    for (const { anchorer } of both) expect(anchorer.statuses()[0]?.alarm).toBeUndefined();
  });
});
