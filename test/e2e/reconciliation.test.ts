import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseEther } from 'ethers';
import { type PaidProvider, startPaidProvider } from '../support/paid-provider.ts';

let paid: PaidProvider;

beforeAll(async () => {
  paid = await startPaidProvider();
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
