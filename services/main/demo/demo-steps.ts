import { setTimeout as sleep } from 'node:timers/promises';
import { amountText, moneyOf } from '../../money/money.ts';
import type { Service } from '../service.ts';
import type { DemoCommands } from './demo-commands.ts';
import { buysTitle, currency, isPrepaid, paymentBehaviour, paymentOf } from './demo-customer.ts';
import { inParallel } from './in-parallel.ts';
import type { Steps } from './demo-progress.ts';
import type { BandUsage, UsageRow } from './usage-file.ts';

/** Commands that wait for their answers at the same time: a busy API. */
const concurrency = 128;

/** A charge that is not what the publisher charged. */
export interface Difference {
  readonly row: number;
  readonly band: string;
  readonly minutes: string;
  readonly published: string;
  readonly charged: string;
}

/** What the demo did, as the answers of its commands tell it. */
export interface DemoResult {
  readonly accounts: number;
  readonly charges: number;
  readonly chargedTotal: string;
  readonly differences: readonly Difference[];
  readonly purchases: number;
  readonly invoices: number;
  readonly payments: number;
  /** Payments that were reported a second time and changed nothing. */
  readonly repeats: number;
}

interface Customer {
  readonly row: UsageRow;
  readonly account: string;
}

/** The billing month of 5,000 customers. Every command may have been sent before by a demo that was killed. */
export async function runDemoSteps(commands: DemoCommands, rows: readonly UsageRow[], steps: Steps): Promise<DemoResult> {
  const { priceBook, title } = await steps.run('price book and title', 2, async () => ({
    priceBook: await commands.publishPriceBook(),
    title: await commands.listTitle(),
  }));
  const customers = await steps.run('accounts', rows.length, (tick) =>
    inParallel(rows, concurrency, async (row): Promise<Customer> => tick({ row, account: await commands.openAccount(row) })),
  );
  const prepaid = customers.filter(({ row }) => isPrepaid(row));
  await steps.run('top-ups', prepaid.length, (tick) =>
    inParallel(prepaid, concurrency, async ({ row, account }) => tick(await commands.topUp(account, row))),
  );
  const usage = customers.flatMap(({ row, account }) => row.usage.map((used) => ({ row, account, used })));
  const charges = await steps.run('rated charges', usage.length, (tick) =>
    inParallel(usage, concurrency, async ({ row, account, used }) => {
      const { amount } = await commands.chargeUsage(account, row, used, priceBook);
      return tick({ row, used, charged: moneyOf(amount, currency).amount });
    }),
  );
  const buyers = customers.filter(({ row }) => buysTitle(row));
  await steps.run('pay-per-view', buyers.length, (tick) =>
    inParallel(buyers, concurrency, async ({ row, account }) => tick(await commands.purchaseTitle(account, row, title))),
  );
  const postpaid = customers.filter(({ row }) => !isPrepaid(row));
  const closings = await steps.run('invoices', postpaid.length, (tick) =>
    inParallel(postpaid, concurrency, async ({ row, account }) =>
      tick({ row, account, closed: await commands.closeCharges(account, row) }),
    ),
  );
  const reports = closings.flatMap(({ row, account, closed }) => {
    const behaviour = paymentBehaviour(row);
    const amount = paymentOf(behaviour, moneyOf(closed.payable, currency));
    if (amount === undefined) return [];
    const first = { row, account, amount, report: 0 };
    return behaviour === 'twice' ? [first, { ...first, report: 1 }] : [first];
  });
  const paid = await steps.run('payments', reports.length, (tick) =>
    inParallel(reports, concurrency, async ({ row, account, amount, report }) =>
      tick(await commands.receivePayment(account, row, amount, report)),
    ),
  );
  const payments = new Set(paid.map(({ eventId }) => eventId)).size;
  return {
    accounts: customers.length,
    charges: charges.length,
    chargedTotal: amountText({ amount: charges.reduce((sum, { charged }) => sum + charged, 0n), currency }),
    differences: charges.flatMap(({ row, used, charged }) => differenceOf(row, used, charged)),
    purchases: buyers.length,
    invoices: closings.length,
    payments,
    repeats: paid.length - payments,
  };
}

/** Far more than documents and read models need; a halted one would be waited for for ever. */
const settleMsMax = 120_000;

/** Waits until every closed invoice has its document, and every read model all events. */
export async function settle({ pool, eventStore }: Service, invoices: number): Promise<void> {
  const deadline = performance.now() + settleMsMax;
  await until(deadline, async () => {
    const { rows } = await pool.query<{ issued: bigint }>("select count(*) as issued from invoices where status <> 'closing'");
    return Number(rows[0]?.issued) >= invoices;
  });
  const { position } = await eventStore.head();
  await until(deadline, async () => {
    const text = 'select count(*) as behind from projection_checkpoint where position < $1';
    const { rows } = await pool.query<{ behind: bigint }>(text, [position]);
    return Number(rows[0]?.behind) === 0;
  });
}

async function until(deadline: number, isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error('Invoices or read models did not come to their end; the log above says why.');
    await sleep(100);
  }
}

function differenceOf(row: UsageRow, { band, minutes, published }: BandUsage, charged: bigint): Difference[] {
  if (moneyOf(published, currency).amount === charged) return [];
  const text = (amount: bigint) => amountText({ amount, currency });
  return [{ row: row.row, band, minutes, published: text(moneyOf(published, currency).amount), charged: text(charged) }];
}
