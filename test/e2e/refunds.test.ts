import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpLogSource } from '../../verifier/source/http.log-source.ts';
import { verifyLog } from '../../verifier/verify.ts';
import { sent } from '../../bench/support/settlement-chain.ts';
import { ProjectedEscrowPurchases } from '../../projections/settlements/projected.escrow-purchases.ts';
import { UpToDateReads } from '../../projections/sql/up-to-date-reads.ts';
import { ProjectionProgress } from '../../services/read-store/projection-progress.ts';
import { EscrowReclaims, type UncapturedNotice } from '../../services/settlement/application/escrow/escrow-reclaims.ts';
import type { SlotEscrow } from '../../services/settlement/domain/slot.events.ts';
import { runSettlement } from '../../services/main/settlement/settlement-command.ts';
import { executionOn } from '../support/execution.ts';
import { type PaidProvider, startPaidProvider } from '../support/paid-provider.ts';

const native = `0x${'0'.repeat(40)}`;
/** Blocks behind the head that are final. */
const finalDepth = 6;
let shop: PaidProvider;

beforeAll(async () => {
  const profile = { finality: 'tag', realMoney: false, confirmations: [{ blocks: 2 }], pollMs: 200 } as const;
  shop = await startPaidProvider({ slotsInAnEpoch: finalDepth / 2 }, { profile }, { bookCurrency: 'EUR' });
  await shop.rate('ETH', '3000');
  await shop.rate('USDC', '0.92');
}, 120_000);
afterAll(() => shop.close());

const mine = (blocks: number) => shop.on.chain.provider.send('anvil_mine', [`0x${blocks.toString(16)}`]);

/** Lets the chain go on until something is so. */
async function until<T>(ask: () => Promise<T>, isIt: (answer: T) => boolean, blocks = 1): Promise<T> {
  const deadline = Date.now() + 90_000;
  for (;;) {
    const answer = await ask();
    if (isIt(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`It did not come to pass: ${JSON.stringify(answer)}`);
    if (blocks > 0) await mine(blocks);
    await sleep(100);
  }
}

interface Shown {
  readonly settlement: string;
  readonly standing: string;
}

/** The payment of an invoice, once it stands as asked. */
const paymentOf = (query: string, standing: string, blocks = 1): Promise<string> =>
  until(
    async () => (await shop.api.get(`/v1/settlements?${query}`)).body.settlements as Shown[],
    ([first]) => first?.standing === standing,
    blocks,
  ).then(([first]) => first!.settlement);

/** The payment of an invoice, final and credited. */
async function paidInvoice(amount: string, token = shop.dollar) {
  const billed = await shop.invoice(amount);
  const { tx } = await shop.pay(`/v1/invoices/${billed.invoice}/checkouts`, token);
  const settlement = await paymentOf(`invoice=${billed.invoice}`, 'finalized');
  await until(() => openOf(billed.invoice), (open) => open === '0.00'); // prettier-ignore
  return { ...billed, tx, settlement };
}

const openOf = async (invoice: string) => (await shop.api.get(`/v1/invoices/${invoice}`)).body.open as string;
const refund = (settlement: string, body: object, key: string = randomUUID()) =>
  shop.api.post(`/v1/settlements/${settlement}/refunds`, body, { 'idempotency-key': key });
const stateOf = (settlement: string, id: string, state: string) =>
  until(
    async () => (await shop.api.get(`/v1/settlements/${settlement}/refunds/${id}`)).body as Record<string, string>,
    (shown) => shown['state'] === state,
  );
const dollarsOf = async (address: string) => BigInt(await shop.on.dollar.getFunction('balanceOf')(address));
/** The provider fills the wallet that refunds are paid from. */
async function fill(units: bigint): Promise<void> {
  await sent(shop.on.dollar, shop.on.hands.treasury, 'transfer', shop.refunder, units);
  await mine(finalDepth + 1);
}
const typesOfLog = async () => (await Array.fromAsync(shop.api.service.eventStore.readAll())).map(({ type }) => type);

describe('[D13] a payment of an invoice goes back', () => {
  it('whole, once, over HTTP and onto the chain, and the invoice is owed again', async () => {
    const { payer } = shop.on.hands;
    const before = await dollarsOf(payer.address);
    const { invoice, settlement, account } = await paidInvoice('60.50');
    const units = before - (await dollarsOf(payer.address));
    await fill(units);
    const key = randomUUID();
    const [asked, again] = [await refund(settlement, { reason: 'cancelled' }, key), await refund(settlement, { reason: 'cancelled' }, key)];
    expect([asked.status, again.status, again.headers.get('idempotent-replayed')]).toEqual([201, 201, 'true']);
    expect(again.body.id).toBe(asked.body.id);
    expect(await refund(settlement, { reason: 'cancelled' })).toMatchObject({ status: 409, body: { code: 'nothing_to_refund' } });
    const { id } = asked.body as { id: string };
    const view = await stateOf(settlement, id, 'final');
    expect(view).toMatchObject({ account, amount: '60.50', token: 'USDC', to: payer.address.toLowerCase(), tx: expect.any(String) });
    expect(await dollarsOf(payer.address)).toBe(before);
    expect(await openOf(invoice)).toBe('60.50');
    expect((await shop.api.get(`/v1/settlements/${settlement}/refunds`)).body.refunds).toEqual([view]);
    expect((await typesOfLog()).filter((type) => type === 'RefundOrdered/1')).toHaveLength(1);
  }, 180_000);

  it('in parts, never more than was paid, and to nobody that the payer did not name', async () => {
    const { settlement } = await paidInvoice('20.00');
    const { payer, other } = shop.on.hands;
    await fill(21_739_130n);
    const part = { amount: '5.00', currency: 'EUR', reason: 'outage' };
    for (const half of [{ amount: '5.00' }, { currency: 'EUR' }])
      expect(await refund(settlement, { ...half, reason: 'outage' })).toMatchObject({ status: 400, body: { code: 'body_invalid' } });
    const to = other.address;
    expect(await refund(settlement, { ...part, to })).toMatchObject({
      status: 409,
      body: { code: 'refund_address_disputed', params: { to: to.toLowerCase(), payer: payer.address.toLowerCase() } },
    });
    const { typedData } = (await shop.api.get(`/v1/settlements/${settlement}/refund-address?to=${to}`)).body;
    const foreign = await other.signTypedData(typedData.domain, typedData.types, typedData.message);
    expect(await refund(settlement, { ...part, to, signature: foreign })).toMatchObject({ body: { code: 'refund_address_disputed' } });
    const signature = await payer.signTypedData(typedData.domain, typedData.types, typedData.message);
    expect(await refund(settlement, { ...part, to: native, signature })).toMatchObject({ body: { code: 'refund_address_disputed' } });
    const before = await dollarsOf(to);
    const signed = await refund(settlement, { ...part, to, signature });
    await stateOf(settlement, signed.body.id, 'final');
    expect((await dollarsOf(to)) - before).toBe(5_434_782n); // 5.00 / 0.92, rounded down.
    expect(await refund(settlement, { ...part, amount: '15.01' })).toMatchObject({
      status: 409,
      body: { code: 'refund_above_payment', params: { paid: '20.00', refundable: '15.00', required: '15.01' } },
    });
    const rest = await refund(settlement, { reason: 'outage' });
    await stateOf(settlement, rest.body.id, 'final');
    expect(await refund(settlement, part)).toMatchObject({ body: { code: 'nothing_to_refund' } });
  }, 180_000);

  it('not at all while the refunder has nothing: the account has its money again, and it is decided anew', async () => {
    const before = await dollarsOf(shop.on.hands.payer.address);
    const { invoice, settlement } = await paidInvoice('9000.00');
    const asked = await refund(settlement, { reason: 'cancelled' });
    const failed = await stateOf(settlement, asked.body.id, 'failed');
    expect(failed['failure']).toMatch(/^reverted: ERC20InsufficientBalance\(/);
    expect(await until(() => openOf(invoice), (open) => open === '0.00')).toBe('0.00'); // prettier-ignore
    const retried = await shop.api.post('/v1/settlement/retries', { dispatch: failed['dispatch'] });
    expect(retried).toMatchObject({ status: 409, body: { code: 'dispatch_not_retriable' } });
    await fill(before - (await dollarsOf(shop.on.hands.payer.address)));
    const anew = await refund(settlement, { reason: 'cancelled' });
    expect(await stateOf(settlement, anew.body.id, 'final')).toMatchObject({ amount: '9000.00' });
    expect(await openOf(invoice)).toBe('9000.00');
  }, 180_000);

  it('in a coin, which the call brings along', async () => {
    const { settlement } = await paidInvoice('30.00', native);
    const { other, payer } = shop.on.hands;
    const { typedData } = (await shop.api.get(`/v1/settlements/${settlement}/refund-address?to=${other.address}`)).body;
    const signature = await payer.signTypedData(typedData.domain, typedData.types, typedData.message);
    const before = await shop.on.chain.provider.getBalance(other.address);
    const asked = await refund(settlement, { reason: 'cancelled', to: other.address, signature });
    expect(await stateOf(settlement, asked.body.id, 'final')).toMatchObject({
      amount: '30.00',
      token: 'ETH',
      tokenAmount: '0.010000000000000000',
    });
    expect((await shop.on.chain.provider.getBalance(other.address)) - before).toBe(10n ** 16n);
  }, 180_000);

  it('not for what is no payment of this provider', async () => {
    expect(await refund('31337.0x00.slot.1', { reason: 'x' })).toMatchObject({ status: 404, body: { code: 'settlement_not_found' } });
    const unknown = `31337.${shop.chain.contracts.settlement}.slot.4711`;
    expect(await refund(unknown, { reason: 'x' })).toMatchObject({ status: 404, body: { code: 'settlement_not_found' } });
    expect(await shop.api.get(`/v1/settlements/${unknown}/refunds`)).toMatchObject({ status: 404 });
  });
});

describe('a refund whose final block the chain has lost', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tallyroot-refunds-'));
    await writeFile(join(folder, 'chains.json'), JSON.stringify([{ ...shop.chain, deploymentBlock: '0' }]));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** What `settlement ...` says beside the service, and its exit code. */
  async function settlementCommand(...args: string[]): Promise<{ readonly exitCode: number; readonly said: string }> {
    const [write, said] = [process.stdout.write.bind(process.stdout), [] as string[]];
    process.stdout.write = (text: string | Uint8Array) => said.push(String(text)) > 0;
    try {
      const environment = { ...shop.api.environment, SETTLEMENT_CHAINS: join(folder, 'chains.json') };
      const exitCode = await runSettlement([...args, '--data', shop.api.dataFolder], environment);
      return { exitCode, said: said.join('') };
    } finally {
      process.stdout.write = write;
    }
  }
  const adopt = (...more: string[]) => settlementCommand('adopt', '--chain', '31337', '--by', 'Ada', '--reason', 'rolled back', ...more);
  const undo = (dispatch: string, ...more: string[]) =>
    settlementCommand('undo', '--dispatch', dispatch, '--reason', 'rolled back', '--url', shop.api.service.url, ...more);
  const undoing = (body: object) => shop.api.post('/v1/settlement/undoings', { reason: 'rolled back', ...body });

  it('is taken back, opened again by who names that, sent once more and booked once', async () => {
    const { settlement } = await paidInvoice('30.00', native);
    const { other, payer } = shop.on.hands;
    const { provider } = shop.on.chain;
    const { typedData } = (await shop.api.get(`/v1/settlements/${settlement}/refund-address?to=${other.address}`)).body;
    const signature = await payer.signTypedData(typedData.domain, typedData.types, typedData.message);
    const before = await provider.getBalance(other.address);
    const asked = await refund(settlement, { reason: 'cancelled', to: other.address, signature });
    const { tx, dispatch = '' } = await stateOf(settlement, asked.body.id, 'final');
    const status = async () =>
      ((await shop.api.get('/v1/settlement/dispatches')).body.dispatches as { id: string; status: string }[]).find(
        ({ id }) => id === dispatch,
      )?.status;
    await until(status, (stands) => stands === 'done');
    expect(await undoing({ dispatch })).toMatchObject({ status: 409, body: { code: 'dispatch_effect_stands' } });
    expect(await undoing({ dispatch: 'refund.4711' })).toMatchObject({ status: 404, body: { code: 'dispatch_not_found' } });
    expect(await settlementCommand('undo')).toMatchObject({ exitCode: 0 });

    const { blockNumber } = (await provider.getTransactionReceipt(tx!))!;
    await provider.send('anvil_reorg', [(await provider.getBlockNumber()) - blockNumber + 1, []]);
    const operator = { authorization: `Bearer ${shop.api.operatorToken}` };
    const watched = async () => (await shop.api.get('/v1/settlement/watcher', operator)).body.chains[0].state as string;
    await until(watched, (state) => state === 'halted');
    expect(await provider.getBalance(other.address)).toBe(before);
    const listed = await adopt();
    expect(listed).toMatchObject({ exitCode: 1, said: expect.stringContaining(`Refunded of provider`) });
    expect(await adopt('--reverse', /--reverse ([0-9a-f]{16})/.exec(listed.said)![1]!)).toMatchObject({ exitCode: 0 });
    await until(typesOfLog, (types) => types.includes('SettlementReversed/1'));

    await until(() => settlementCommand('undo'), ({ exitCode, said }) => exitCode === 1 && said.startsWith(`${dispatch}  refund`)); // prettier-ignore
    const undecided = await undo(dispatch);
    expect(undecided).toMatchObject({ exitCode: 1, said: expect.stringContaining(tx!) });
    const digest = /--confirm ([0-9a-f]{16})/.exec(undecided.said)![1]!;
    expect(await undo(dispatch, '--confirm', '0123456789abcdef')).toMatchObject({ exitCode: 1 });
    for (let time = 0; time < 2; time++) expect(await undo(dispatch, '--confirm', digest)).toMatchObject({ exitCode: 0 });
    expect(await undoing({ dispatch, digest })).toMatchObject({ status: 409, body: { code: 'dispatch_not_done' } });
    await stateOf(settlement, asked.body.id, 'final');
    await until(status, (stands) => stands === 'done');
    expect((await provider.getBalance(other.address)) - before).toBe(10n ** 16n);
    expect((await typesOfLog()).filter((type) => type === 'DispatchUndone/1')).toHaveLength(1);
    expect(await settlementCommand('undo')).toMatchObject({ exitCode: 0 });
  }, 240_000);
});

describe('a refund that is asked for while its payment is merely confirmed', () => {
  it('[SET-A39] [D13] is refused; a reorganisation later nothing was paid out, and the invoice is open until it is paid again', async () => {
    const { invoice } = await shop.invoice('33.00');
    const [before, float] = await Promise.all([shop.on.hands.payer.address, shop.refunder].map(dollarsOf));
    await mine(finalDepth + 2);
    const { path } = await shop.pay(`/v1/invoices/${invoice}/checkouts`, shop.dollar);
    await mine(2);
    const settlement = await paymentOf(`invoice=${invoice}`, 'confirmed', 0);
    const orders = (await typesOfLog()).filter((type) => /^RefundOrdered|^SettlementRefundDecided/.test(type));
    expect(await refund(settlement, { reason: 'cancelled' })).toMatchObject({ status: 409, body: { code: 'settlement_not_final' } });
    await shop.on.chain.provider.send('anvil_reorg', [4, []]);
    await paymentOf(`invoice=${invoice}`, 'reorged');
    expect(await refund(settlement, { reason: 'cancelled' })).toMatchObject({ status: 409, body: { code: 'settlement_not_final' } });
    await mine(3 * finalDepth);
    await sleep(3_000); // The sender looks every second.
    expect((await typesOfLog()).filter((type) => /^RefundOrdered|^SettlementRefundDecided/.test(type))).toEqual(orders);
    expect(await Promise.all([shop.on.hands.payer.address, shop.refunder].map(dollarsOf))).toEqual([before, float]);
    expect([(await shop.open(path)).body.state, await openOf(invoice)]).toEqual(['reorged', '33.00']);
    await shop.payAt(path, shop.dollar);
    await paymentOf(`invoice=${invoice}`, 'finalized');
    await until(() => openOf(invoice), (open) => open === '0.00'); // prettier-ignore
    expect((await shop.open(path)).body.state).toBe('settled');
  }, 180_000);
});

describe('[A18] a purchase that the escrow holds', () => {
  const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

  /** A title that is over in 42 days, bought and held until 30 days behind that. */
  async function bought() {
    const sale = { name: 'Final', price: '9.99', currency: 'EUR', onSaleFrom: day(-1), onSaleUntil: day(40) };
    const { id: title } = (await shop.api.post('/v1/titles', { ...sale, startsAt: day(41), endsAt: day(42) })).body;
    const { id: account } = (await shop.api.post('/v1/accounts', { billing: 'prepaid', currency: 'EUR', creditLimit: '0' })).body;
    const order = (await shop.api.post(`/v1/accounts/${account}/purchases/checkouts`, { title, heldBy: 'escrow' })).body;
    await shop.payAt(`/v1/checkouts/${order.id}`, shop.dollar);
    return { account: account as string, settlement: await paymentOf(`account=${account}`, 'finalized'), order };
  }

  const isWatchable = async (account: string) =>
    ((await shop.api.get(`/v1/accounts/${account}/entitlements?at=${day(41.5)}`)).body.entitlements as object[]).length > 0;

  it('goes back out of the escrow while the event is open, whole, to who bought', async () => {
    const before = await dollarsOf(shop.on.hands.payer.address);
    const { account, settlement } = await bought();
    const part = { amount: '1.00', currency: 'EUR', reason: 'ill' };
    expect(await refund(settlement, part)).toMatchObject({ status: 409, body: { code: 'refund_not_whole', params: { amount: '9.99' } } });
    const key = randomUUID();
    const asked = await refund(settlement, { reason: 'ill' }, key);
    expect(asked).toMatchObject({ status: 201 });
    expect((await refund(settlement, { reason: 'ill' }, key)).body.id).toBe(asked.body.id);
    expect(await refund(settlement, { reason: 'ill' })).toMatchObject({ status: 409 });
    expect(await stateOf(settlement, asked.body.id, 'final')).toMatchObject({
      amount: '9.99',
      dispatch: expect.stringMatching(/^purchase\./),
    });
    expect(await dollarsOf(shop.on.hands.payer.address)).toBe(before);
    expect(await refund(settlement, { reason: 'ill' })).toMatchObject({ status: 409, body: { code: 'nothing_to_refund' } });
    expect(await until(() => isWatchable(account), (isOpen) => !isOpen)).toBe(false); // prettier-ignore
  }, 180_000);

  it('[D15] goes back to who bought where the provider neither captured nor cancelled in time, after it was told', async () => {
    const { pool, eventStore } = shop.api.service;
    const { executor } = executionOn(eventStore);
    const before = await dollarsOf(shop.on.hands.payer.address);
    const failedBefore = (await typesOfLog()).filter((type) => type === 'DispatchFailed/1').length;
    const { account, order } = await bought();
    const { eventId, captureAfter, reclaimAfter } = (order.events[0] as { data: { escrow: SlotEscrow } }).data.escrow;
    const purchases = new ProjectedEscrowPurchases(new UpToDateReads({ pool, store: eventStore, progress: new ProjectionProgress(pool) }));
    const told: UncapturedNotice[] = [];
    /** As the role does it at that time. */
    const roundAt = (seconds: number) => {
      const clock = { now: () => new Date(seconds * 1_000).toISOString() };
      const ports = { open: purchases, purchases, onUncaptured: (notice: UncapturedNotice) => told.push(notice) };
      return new EscrowReclaims({ executor, ...ports, clock, chainIds: ['31337'] }).round();
    };
    const claims = async () => (await typesOfLog()).filter((type) => type === 'RefundClaimOrdered/1').length;
    await roundAt(Number(captureAfter) - 1);
    await roundAt(Number(reclaimAfter) - 1);
    const end = new Date(Number(reclaimAfter) * 1_000).toISOString();
    expect([told, await claims()]).toEqual([[{ provider: 'demo', chainId: '31337', eventId, held: 1, until: end }], 0]);
    for (let round = 0; round < 2; round++) await roundAt(Number(reclaimAfter));
    expect([told.length, await claims()]).toEqual([1, 1]);
    // The chain's clock is behind ours: nothing is sent, and nothing given up.
    await mine(2);
    expect(await dollarsOf(shop.on.hands.payer.address)).toBeLessThan(before);
    await shop.on.chain.provider.send('evm_setNextBlockTimestamp', [Number(reclaimAfter)]);
    await until(() => dollarsOf(shop.on.hands.payer.address), (held) => held === before); // prettier-ignore
    await until(purchases.openEscrows.bind(purchases), ({ length }) => length === 0);
    expect(await until(() => isWatchable(account), (isOpen) => !isOpen)).toBe(false); // prettier-ignore
    await roundAt(Number(reclaimAfter) + 86_400);
    const failed = (await typesOfLog()).filter((type) => type === 'DispatchFailed/1').length;
    expect([await claims(), failed]).toEqual([1, failedBefore]);
  }, 180_000);
});

describe('the books of all that', () => {
  it('balance, nothing is on its way, and the log is VALID', async () => {
    const places = async () =>
      ((await shop.api.get('/v1/trial-balance')).body.currencies as { balance: string; ledgerAccounts: object[] }[]).map(
        ({ balance, ledgerAccounts }) => ({ balance, ledgerAccounts: ledgerAccounts as { ledgerAccount: string; balance: string }[] }),
      );
    const onTheWay = async () =>
      (await places()).flatMap(({ ledgerAccounts }) =>
        ledgerAccounts.filter(
          ({ ledgerAccount, balance }) =>
            /in-transit|payment-pending|refund-payable|ppv-escrow|crypto:escrow/.test(ledgerAccount) && /[1-9]/.test(balance),
        ),
      );
    expect(await until(onTheWay, ({ length }) => length === 0)).toEqual([]);
    for (const { balance } of await places()) expect(balance).toMatch(/^0(\.0+)?$/);
    const events = await Array.fromAsync(shop.api.service.eventStore.readAll());
    const length = events.filter(({ stream }) => stream.startsWith('demo.')).length;
    const source = () => new HttpLogSource(`${shop.api.service.url}/logs/demo/`, { token: shop.api.token });
    const genesisHash = await shop.api.service.integrity.logs.genesisHashOf('demo');
    const outcome = await until(
      () => verifyLog({ source: source(), genesisHash, rpcUrls: [], isOffline: true }),
      (judged) => 'size' in judged && judged.size >= length,
    );
    expect(outcome.verdict).toBe('VALID');
  }, 120_000);
});
