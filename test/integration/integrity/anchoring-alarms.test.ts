import { Interface } from 'ethers';
import { describe, expect, it } from '@jest/globals';
import { ledgerAnchorAbi } from '../../../contracts/generated/ledger-anchor.ts';
import { ChainAccess, unkeptTransactions } from '../../../services/chain/chain-access.ts';
import type { TransactionSigner } from '../../../services/chain/application/transaction.ts';
import type { AlarmCode } from '../../../services/integrity/application/anchoring-alarm.ts';
import type { AnchoringStatus } from '../../../services/integrity/application/anchoring-status.ts';
import { GrowingTree } from '../../../services/integrity/domain/tree/growing-tree.ts';
import { consistencyShape } from '../../../services/integrity/domain/tree/proof-shape.ts';
import { rootsFromTiles } from '../../../services/integrity/domain/tree/tile-hashes.ts';
import type { Anvil } from '../../support/anvil.ts';
import { quietSettings } from './anchoring-fixture.ts';
import { anchoringForEachTest, type AnchoringWorld } from './anchoring-world.ts';
import { until } from './log-fixture.ts';

let anvil: Anvil;
let fixture: AnchoringWorld['fixture'];
let see: AnchoringWorld['see'];

anchoringForEachTest((world) => {
  ({ anvil, fixture, see } = world);
});

describe('an alarm', () => {
  it.each([
    ['chain_ahead', 'a larger tree than ours', 1_000n],
    ['chain_foreign', 'a root that our tree never had', 1n],
  ] as const)('%s is raised when the contract holds %s, and nothing is written any more', async (code, _, newSize) => {
    await fixture.open('north');
    const chain = await fixture.chain();
    const logId = await fixture.logIdOf('north');
    await chain?.register('north', logId);
    await anchorAsThief('north', { logId, oldSize: 0n, newSize });
    const { anchorer } = await fixture.anchoring();
    await untilAlarm(anchorer.statuses.bind(anchorer), code);
    expect(await see.typesOf('north')).toEqual(['LogGenesis/1']);
    expect(await see.anchoredSizes('north')).toEqual([newSize]);
  });

  it('is raised on an idle log too', async () => {
    await fixture.open('north');
    const { anchorer } = await fixture.anchoring();
    const { size } = await see.untilFinal('north');
    await until(() => anchorer.statuses().find(({ state }) => state === 'idle'));
    await anchorAsThief('north', { logId: await fixture.logIdOf('north'), oldSize: size, newSize: size * 2n });
    await untilAlarm(anchorer.statuses.bind(anchorer), 'chain_ahead');
  });

  it('frozen is raised when a guardian has closed the log', async () => {
    await fixture.open('north');
    const { anchorer } = await fixture.anchoring();
    await see.untilFinal('north');
    const guardian = await fixture.keys.walletOf('guardian');
    const data = new Interface(ledgerAnchorAbi).encodeFunctionData('freeze', [`0x${await fixture.logIdOf('north')}`]);
    await sendAs(guardian, data);
    await fixture.post('north', '1.00');
    await expect(anchorer.anchorNow('north')).rejects.toMatchObject({ code: 'frozen' });
  });

  it('not_registered is raised where the contract does not know the log and we are not its admin', async () => {
    await fixture.open('north');
    const { anchorer } = await fixture.anchoring({ mayRegister: false });
    await untilAlarm(anchorer.statuses.bind(anchorer), 'not_registered');
    const chain = await fixture.chain();
    await chain?.register('north', await fixture.logIdOf('north'));
    await see.untilFinal('north'); // Goes on by itself once the cause is gone.
    expect(anchorer.statuses()[0]?.alarm).toBeUndefined();
  });

  it('finality_failed is raised when the chain undoes what was final', async () => {
    await fixture.open('north');
    const { anchorer } = await fixture.anchoring();
    const { place } = await see.untilFinal('north');
    const head = BigInt(await anvil.rpc.call<string>('eth_blockNumber'));
    await anvil.undo(Number(head - (place?.block as bigint) + 1n));
    await untilAlarm(anchorer.statuses.bind(anchorer), 'finality_failed');
  });

  it('funds_low is raised when the publisher can pay for few more anchors, which go on', async () => {
    await fixture.open('north');
    const settings = { ...quietSettings, affordableMin: 10n ** 18n };
    const alarms: AnchoringStatus[] = [];
    const { anchorer, report } = await fixture.anchoring({ settings, onAlarm: (status) => alarms.push(status) });
    const { size } = await see.untilFinal('north');
    const { address } = await fixture.keys.walletOf({ publisherOf: 'north' });
    const told = await until(async () => (await report.places()).find(({ alarm }) => alarm === 'funds_low'));
    expect(told).toMatchObject({ state: 'idle', message: expect.stringContaining(address) });
    await fixture.post('north', '1.00');
    await Promise.all([anchorer.anchorNow('north'), see.untilFinal('north', size + 1n)]);
    expect(alarms.map(({ alarm }) => alarm?.code)).toEqual(['funds_low']);
  });

  it('fees_high is raised when the chain asks for more than may be paid for a while, and nothing is sent until it does not', async () => {
    await fixture.open('north');
    const chain = await fixture.chain(fetch, { feePerGasMax: 1n });
    await chain?.register('north', await fixture.logIdOf('north')).catch(() => undefined);
    const settings = { ...quietSettings, awayMsMax: 50 };
    const { anchorer } = await fixture.anchoring({ chain, settings });
    const status = await until(() => anchorer.statuses().find(({ alarm }) => alarm?.code === 'fees_high'));
    expect(status.state).toBe('retrying');
    await expect(anchorer.anchorNow('north')).rejects.toMatchObject({ code: 'fees_high' });
    await anchorer.stop();
    expect(await see.anchoredSizes('north')).toEqual([]);
    await fixture.anchoring();
    await see.untilFinal('north');
  });

  async function untilAlarm(statuses: () => AnchoringStatus[], code: AlarmCode): Promise<AnchoringStatus> {
    return until(() => statuses().find(({ state, alarm }) => state === 'alarm' && alarm?.code === code));
  }

  /** The publisher's key in other hands: anchors our leaves with others behind them, past all our checks. */
  async function anchorAsThief(
    slug: string,
    { logId, oldSize, newSize }: { logId: string; oldSize: bigint; newSize: bigint },
  ): Promise<void> {
    const publisher = await fixture.keys.walletOf({ publisherOf: slug });
    const ours = (await fixture.leaves.leaves(slug, 0n, Number(oldSize))).map(({ hash }) => hash);
    const forged = Array.from({ length: Number(newSize - oldSize) }, () => Buffer.alloc(32, 7));
    const tree = new GrowingTree();
    const tiles = tree.append(Buffer.concat([...ours, ...forged]));
    const proof = oldSize === 0n ? [] : rootsFromTiles(consistencyShape(oldSize, newSize), tiles);
    const data = new Interface(ledgerAnchorAbi).encodeFunctionData('anchor', [`0x${logId}`, oldSize, newSize, tree.root(), proof]);
    await sendAs(publisher, data);
  }

  async function sendAs(signer: TransactionSigner, data: string): Promise<void> {
    const access = new ChainAccess({ node: anvil.rpc, chainId: '31337', transactions: unkeptTransactions() });
    await access.queueOf(signer).run('test', { to: fixture.contract.contract, data });
  }
});
