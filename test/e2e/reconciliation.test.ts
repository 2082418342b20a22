import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AbiCoder, keccak256, parseEther, toBeHex } from 'ethers';
import { runSettlement } from '../../services/main/settlement/settlement-command.ts';
import { nativeToken } from '../../services/settlement/application/settlement-chain.ts';
import { type PaidProvider, startPaidProvider } from '../support/paid-provider.ts';

let paid: PaidProvider;

beforeAll(async () => {
  paid = await startPaidProvider({ reconciling: { creditMs: 200, everyMs: 200 } });
  await paid.rate('ETH', '3000');
  await paid.rate('USDC', '0.9');
  await final();
}, 120_000);
afterAll(() => paid.close());

/** What was sent so far becomes final. */
async function final(): Promise<void> {
  await paid.on.chain.provider.send('anvil_mine', ['0x4']);
}

async function eventually<Result>(what: string, ask: () => Promise<Result | undefined>): Promise<Result> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(100)) {
    const found = await ask();
    if (found !== undefined) return found;
  }
  throw new Error(`${what} did not come.`);
}

interface Effect {
  readonly settlement: string;
  readonly name: string;
  readonly tx: string;
}

const unmatched = async (): Promise<Effect[]> => (await paid.api.get('/v1/settlements?standing=unmatched')).body.settlements as Effect[];

/** The last final block has been compared, so that what comes now is compared with it. */
async function compared(): Promise<void> {
  const head = await paid.on.chain.provider.getBlockNumber();
  await final();
  await eventually('The comparison of coins', async () => {
    const { body } = await paid.api.get('/v1/settlement/watcher', { authorization: `Bearer ${paid.api.operatorToken}` });
    const contracts = (body.chains as { contracts: { contract: string; finalized: string }[] }[])[0]?.contracts ?? [];
    const coins = contracts.find(({ contract }) => BigInt(contract) === 0n);
    return coins !== undefined && Number(coins.finalized) >= head ? coins : undefined;
  });
}

describe('coins that are sent to a treasury past the contracts', () => {
  it('are suspense until staff say whose they are, and then in the wallet of the account', async () => {
    const { api, on } = paid;
    await compared();
    const account = (await api.post('/v1/accounts', { billing: 'prepaid', currency: 'EUR' })).body.id as string;
    const { hash } = await on.hands.payer.sendTransaction({ to: on.hands.treasury.address, value: parseEther('0.5') });
    await final();
    const [stray] = await eventually('The stray', async () => {
      const found = (await unmatched()).filter(({ tx }) => tx === hash);
      return found.length > 0 ? found : undefined;
    });
    expect(stray).toMatchObject({
      name: 'Transfer',
      token: 'ETH',
      tokenAmount: '0.500000000000000000',
      payer: on.hands.payer.address.toLowerCase(),
    });
    const allocation = await api.post(`/v1/settlements/${stray?.settlement}/allocation`, { account, reason: 'It is hers.' });
    expect(allocation).toMatchObject({ status: 201 });
    const wallet = await eventually('The credit', async () => {
      const { body } = await api.get(`/v1/accounts/${account}/balances`);
      const { wallet: held } = body.balances as { wallet: string };
      return held === '0.00' ? undefined : held;
    });
    expect(wallet).toBe('1500.00');
    expect(await unmatched()).toEqual([]);
  }, 120_000);
});

interface Compared {
  readonly subject: string;
  readonly currency: string;
  readonly blocks: readonly { readonly number: string; readonly hash: string }[];
  readonly onChain: string;
  readonly opening: string;
  readonly inLedger: string;
  readonly difference: string;
  readonly sound: boolean;
}

/** The newest comparison that is not older than the head when it was asked for. */
async function comparison(subject: string, currency: string): Promise<Compared> {
  const head = await paid.on.chain.provider.getBlockNumber();
  await final();
  return eventually(`The comparison of ${subject} in ${currency}`, async () => {
    const found = (await paid.api.get('/v1/settlement/reconciliations?limit=20')).body.reconciliations as Compared[];
    const newest = found.find((each) => each.subject === subject && each.currency === currency);
    return newest !== undefined && Number(newest.blocks[0]?.number) >= head ? newest : undefined;
  });
}

const differences = async () => {
  const { body } = await paid.api.get('/v1/settlement/watcher', { authorization: `Bearer ${paid.api.operatorToken}` });
  expect(body.overdue).toEqual([]);
  return { healthy: body.healthy as boolean, differences: body.differences as (Compared & { provider: string })[] };
};

/** What `bin/tallyroot settlement reconcile` says, beside the service. */
async function reconcileByCommand(): Promise<{ readonly exitCode: number; readonly text: string }> {
  const file = join(paid.api.dataFolder, 'settlement-chains.json');
  const { chain, api } = paid;
  await writeFile(file, JSON.stringify([{ ...chain, deploymentBlock: chain.deploymentBlock.toString() }]));
  const [write, said] = [process.stdout.write.bind(process.stdout), [] as string[]];
  process.stdout.write = (text: string | Uint8Array) => said.push(String(text)) > 0;
  try {
    const args = ['reconcile', '--data', api.dataFolder];
    return { exitCode: await runSettlement(args, { ...api.environment, SETTLEMENT_CHAINS: file }), text: said.join('') };
  } finally {
    process.stdout.write = write;
  }
}

describe('what a chain holds and what the books say', () => {
  it('is the same after payments, strays and withdrawals, with what was there before left out', async () => {
    const { on, dollar } = paid;
    const { treasury, payer, stranger } = on.hands;
    for (const token of [nativeToken, dollar]) {
      const { invoice } = await paid.invoice('60.50');
      await paid.pay(`/v1/invoices/${invoice}/checkouts`, token);
    }
    await (await (on.dollar.connect(payer) as typeof on.dollar).getFunction('transfer').send(treasury.address, 7_000_000n)).wait();
    await (await treasury.sendTransaction({ to: stranger.address, value: parseEther('0.25') })).wait();
    const dollars = await comparison('treasury', 'USDC');
    expect(dollars).toMatchObject({ opening: '0.000000', difference: '0.000000', sound: true });
    expect([dollars.onChain, Number(dollars.onChain) > 70]).toEqual([dollars.inLedger, true]);
    const coins = await comparison('treasury', 'ETH');
    expect(coins).toMatchObject({ opening: '100.000000000000000000', difference: '0.000000000000000000', sound: true });
    expect(BigInt((await on.chain.provider.getBlock(Number(coins.blocks[0]?.number)))?.hash ?? 0)).toBe(BigInt(coins.blocks[0]!.hash));
    expect(await differences()).toEqual({ healthy: true, differences: [] });
    expect(await reconcileByCommand()).toEqual({ exitCode: 0, text: expect.stringMatching(/^THE SAME.*\n  treasury ETH, chain 31337: /) });
  }, 120_000);

  it('differs, and somebody is told, where tokens are gone that no log tells of', async () => {
    const { on, dollar } = paid;
    const slot = keccak256(AbiCoder.defaultAbiCoder().encode(['address', 'uint256'], [on.hands.treasury.address, 0]));
    const units = (await on.dollar.getFunction('balanceOf')(on.hands.treasury.address)) as bigint;
    await on.chain.provider.send('anvil_setStorageAt', [dollar, slot, toBeHex(units - 1_000_000n, 32)]);
    const missing = { subject: 'treasury', currency: 'USDC', difference: '-1.000000', sound: false };
    expect(await comparison('treasury', 'USDC')).toMatchObject(missing);
    expect(await differences()).toMatchObject({ healthy: false, differences: [{ provider: 'demo', ...missing }] });
    expect(await reconcileByCommand()).toEqual({ exitCode: 1, text: expect.stringMatching(/^DIFFERENT(.|\n)*difference -1\.000000/) });
    await on.chain.provider.send('anvil_setStorageAt', [dollar, slot, toBeHex(units, 32)]);
    expect(await comparison('treasury', 'USDC')).toMatchObject({ sound: true });
    expect(await differences()).toEqual({ healthy: true, differences: [] });
  }, 120_000);
});

describe('[C2] the supply of prepaid credit', () => {
  it('is what the books owe, also for credit that a stolen minter gave out; and differs, and is told, where no log tells of it', async () => {
    const { on } = paid;
    const credit = await paid.createCredit();
    await (
      await (credit.connect(on.hands.providerAdmin) as typeof credit)
        .getFunction('setMinter')
        .send(on.hands.collector.address, 4_102_444_800)
    ).wait();
    const epoch = (await credit.getFunction('currentEpoch')()) as bigint;
    const issue = (credit.connect(on.hands.collector) as typeof credit).getFunction('issue');
    await (await issue.send(on.hands.payer.address, 1_234n, 77n, epoch, toBeHex(1, 32))).wait();
    const hash = (await on.chain.provider.getBlock('latest'))?.transactions[0];
    await final();
    expect(
      await eventually('The receipt of the leaked issue', async () => (await unmatched()).find(({ tx }) => tx === hash)),
    ).toMatchObject({ name: 'CreditIssued' });
    expect(await eventually('C2', async () => (await credits()).find(({ onChain }) => onChain === '12.34'))).toMatchObject({ sound: true });
    // Behind every log: the place of the supply in the storage of an ERC-20.
    await on.chain.provider.send('anvil_setStorageAt', [await credit.getAddress(), toBeHex(2, 32), toBeHex(2_000n, 32)]);
    await final();
    const leaked = { subject: 'credit', currency: 'EUR', onChain: '20.00', difference: '7.66', sound: false };
    expect(await eventually('The alarm', async () => (await credits()).find(({ sound }) => !sound))).toMatchObject(leaked);
    expect(await differences()).toMatchObject({ healthy: false, differences: [leaked] });
  }, 120_000);

  const credits = async () =>
    ((await paid.api.get('/v1/settlement/reconciliations?limit=20')).body.reconciliations as Compared[]).filter(
      ({ subject }) => subject === 'credit',
    );
});
