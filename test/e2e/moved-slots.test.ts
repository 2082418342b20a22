import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sent } from '../../bench/support/settlement-chain.ts';
import { type PaidProvider, startPaidProvider } from '../support/paid-provider.ts';

const native = `0x${'0'.repeat(40)}`;
let shop: PaidProvider;

beforeAll(async () => {
  shop = await startPaidProvider();
}, 120_000);
afterAll(() => shop.close());

async function quoted(quoteSeconds: string) {
  const { invoice } = await shop.invoice('10.00');
  const rate = { base: 'ETH', currency: 'EUR', rate: '3000', source: 'test', at: new Date().toISOString(), spreadBps: '0', quoteSeconds };
  await shop.api.post('/v1/settlement/rates', rate);
  const opened = (await shop.api.post(`/v1/invoices/${invoice}/checkouts`, {})).body;
  const path = `/v1/checkouts/${opened.id}`;
  const { status } = await shop.ask(`${path}/quotes`, { token: native });
  expect(status).toBe(201);
  const { providerId, seq } = opened.events[0].data as { providerId: string; seq: string };
  return { invoice, path, providerId, seq, id: opened.id as string };
}

const partOf = (invoice: string) => shop.api.post(`/v1/invoices/${invoice}/checkouts`, { amount: '4', currency: 'EUR' });
const mine = (blocks: number) => shop.on.chain.provider.send('anvil_mine', [`0x${blocks.toString(16)}`]);
const travel = async (seconds: number) => {
  await shop.on.chain.provider.send('evm_increaseTime', [seconds]);
  await mine(3);
};

describe('a slot with a quote', () => {
  it('is bound while the quote can land, and given up for another amount once a later block is final', async () => {
    const { invoice, path, id } = await quoted('600');
    expect(await partOf(invoice)).toMatchObject({ status: 409, body: { code: 'slot_bound' } });
    await mine(3);
    expect((await partOf(invoice)).body.code).toBe('slot_bound');
    await travel(700);
    const part = await partOf(invoice);
    expect([part.status, part.body.events[0].data.purpose]).toMatchObject([201, { invoice, instalment: '2' }]);
    expect(part.body.id).not.toBe(id);
    expect((await shop.open(path)).body.state).toBe('released');
    expect((await shop.ask(`${path}/quotes`, { token: native })).body.code).toBe('slot_closed');
  });

  it('is given up when its cancellation is final, long before its quote is over, and not before', async () => {
    const { invoice, path, providerId, seq } = await quoted('3600');
    await sent(shop.on.registry, shop.on.hands.providerAdmin, 'setSigner', providerId, shop.on.hands.signer.address, 4_102_444_800);
    await sent(shop.on.settlement, shop.on.hands.signer, 'cancelSeq', providerId, seq);
    expect((await partOf(invoice)).body.code).toBe('slot_bound');
    await mine(3);
    let checkout: { state: string };
    do {
      await new Promise((resolve) => setTimeout(resolve, 50));
      checkout = (await shop.open(path)).body as typeof checkout;
    } while (checkout.state === 'waiting');
    expect(checkout).toMatchObject({ state: 'released', quotes: [] });
    expect(await partOf(invoice)).toMatchObject({ status: 201 });
  });

  it('is never given up when it was paid, whatever the clock says', async () => {
    const { invoice, path } = await quoted('600');
    const { payer } = shop.on.hands;
    const { body } = await shop.open(`${path}/payment?token=${native}&payer=${payer.address}`);
    // The chain is ahead of our clock by what the tests before have travelled: only the chain's own time counts for it.
    expect(body.refusal).toMatchObject({ code: 'ProviderSettlementQuoteExpired' });
    const fresh = await quoted('3600');
    const { ways } = (await shop.open(`${fresh.path}/payment?token=${native}&payer=${payer.address}`)).body;
    const [pay] = ways[0].transactions;
    await (await payer.sendTransaction({ to: pay.to, value: pay.value, data: pay.data })).wait();
    await travel(4_000);
    expect((await partOf(fresh.invoice)).body.code).toBe('slot_bound');
    expect(await partOf(invoice)).toMatchObject({ status: 201 });
  });
});
