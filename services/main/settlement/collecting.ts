import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  CollectionsQuery,
  type DueCollection,
  type MandateOnFile,
  type Uncollected,
} from '../../../projections/mandates/collections.query.ts';
import { EngineFault } from '../embedded/engine-fault.ts';
import { lastDataFolder } from '../embedded/last-data-folder.ts';
import { type Environment, readSettings, SettingsFault } from '../settings.ts';
import { withLedger } from '../with-ledger.ts';

export const collectingUsage =
  'mandates [--account <id>] [--status offered|agreed|revoked], uncollected, ' +
  'collect [--due-by <day>] [--url <url of the service>] [--key-file <file of an API key>]; each with [--provider <slug>]';

const exitCodeOfRefusal = 1;
const hourMs = 3_600_000;

/** `settlement mandates`, `settlement collect`, `settlement uncollected`: recurring collections from a shell, or by a timer, beside the service. */
export const collecting: ReadonlyMap<string, (args: readonly string[], environment: Environment) => Promise<number>> = new Map([
  ['mandates', listMandates],
  ['collect', collectDue],
  ['uncollected', listUncollected],
]);

async function listMandates(args: readonly string[], environment: Environment): Promise<number> {
  const { account, status, ...choice } = optionsIn(args, { account: text, status: text });
  if (status !== undefined && !['offered', 'agreed', 'revoked'].includes(status))
    throw new SettingsFault(`settlement takes ${collectingUsage}.`);
  return withQuery(choice, environment, async (query) => {
    let count = 0;
    for await (const mandate of query.mandates({ account, status })) {
      count++;
      print(lineOfMandate(mandate));
    }
    if (count === 0) print('There is no such mandate.');
    return 0;
  });
}

/** Exit code 1 if the service refused one of them: the others are collected all the same. */
async function collectDue(args: readonly string[], environment: Environment): Promise<number> {
  const { 'due-by': dueBy, url, 'key-file': keyFile, ...choice } = optionsIn(args, { 'due-by': text, url: text, 'key-file': text });
  const now = new Date();
  const day = dueBy ?? now.toISOString().slice(0, 10);
  if (!isDay(day)) throw new SettingsFault(`--due-by ${day} is no day, such as 2026-11-30.`);
  const { host, port, dataFolder } = readSettings(choice.data === undefined ? [] : ['--data', choice.data], environment, lastDataFolder());
  const service = await serviceAt(url ?? `http://${host}:${port}`, keyFile ?? join(dataFolder, 'api-key'));
  return withQuery(choice, environment, async (query) => {
    let [asked, refused] = [0, 0];
    for await (const due of query.due({ day, now: Math.floor(now.getTime() / 1_000) })) {
      asked++;
      const refusal = await service.collect(due, now);
      if (refusal !== undefined) refused++;
      print(`${due.number}  ${due.invoice}  ${due.open} ${due.currency}  due on ${due.dueOn}: ${refusal ?? 'ordered'}`);
    }
    print(`${asked - refused} of ${asked} invoices that are due by ${day} and have a mandate are ordered to be collected.`);
    return refused === 0 ? 0 : exitCodeOfRefusal;
  });
}

async function listUncollected(args: readonly string[], environment: Environment): Promise<number> {
  return withQuery(optionsIn(args, {}), environment, async (query) => {
    let count = 0;
    for await (const failed of query.uncollected()) {
      count++;
      print(lineOfFailure(failed));
    }
    if (count === 0) print('Nothing failed that was to be collected.');
    return 0;
  });
}

interface Service {
  /** Why the service refuses it; undefined where it is ordered. */
  collect(due: DueCollection, now: Date): Promise<string | undefined>;
}

async function serviceAt(url: string, keyFile: string): Promise<Service> {
  const key = await readFile(keyFile, 'utf8').catch(() => {
    throw new SettingsFault(`${keyFile} cannot be read: --key-file names the file of an API key of the provider.`);
  });
  return {
    collect: async ({ invoice, mandate }, now) => {
      const headers = {
        ...{ authorization: `Bearer ${key.trim()}`, 'content-type': 'application/json' },
        // A quote is good for minutes: what is asked for again within the hour is the same, and what failed is asked anew in the next one.
        'idempotency-key': `collect-due:${invoice}:${mandate}:${Math.floor(now.getTime() / hourMs)}`,
      };
      const asked = { method: 'POST', headers, body: JSON.stringify({ mandate }) };
      const response = await fetch(`${url}/v1/invoices/${invoice}/collections`, asked).catch((error: unknown) => {
        throw new EngineFault(`The service does not answer at ${url}: ${(error as Error).message}.`);
      });
      if (response.ok) return undefined;
      const { code } = (await response.json().catch(() => ({}))) as { readonly code?: string };
      if (code === undefined || response.status >= 500 || response.status === 401 || response.status === 403)
        throw new EngineFault(`The service at ${url} answers ${response.status}${code === undefined ? '' : ` (${code})`}.`);
      return code;
    },
  };
}

function lineOfMandate({ mandate, account, status, chainId, currency, terms }: MandateOnFile): string {
  const { payer, maxPerPeriod, totalCap, period, end } = terms;
  const caps = `${maxPerPeriod} units of ${currency} in ${period} s, ${totalCap} in all, until ${instantOf(end)}`;
  return `${mandate}  ${status.padEnd(7)}  ${account}  chain ${chainId}  ${payer}  ${caps}`;
}

function lineOfFailure({ id, chainId, orderedAt, failure }: Uncollected): string {
  const { code, ...more } = failure;
  const details = Object.entries(more).map(([name, value]) => `, ${name} ${value}`);
  return `${id}  chain ${chainId}  ordered ${orderedAt.toISOString()}  ${code}${details.join('')}`;
}

function instantOf(seconds: string): string {
  return new Date(Number(seconds) * 1_000).toISOString();
}

function isDay(day: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day);
}

interface Choice {
  readonly provider?: string | undefined;
  readonly data?: string | undefined;
}

function withQuery(
  { provider, data }: Choice,
  environment: Environment,
  use: (query: CollectionsQuery) => Promise<number>,
): Promise<number> {
  return withLedger({ provider, data }, environment, ({ provider: slug, pool }) => use(new CollectionsQuery(pool, slug)));
}

const text = { type: 'string' } as const;

function optionsIn<Name extends string>(
  args: readonly string[],
  more: Readonly<Record<Name, typeof text>>,
): Choice & Readonly<Partial<Record<Name, string>>> {
  try {
    const { values } = parseArgs({ args: [...args], options: { provider: text, data: text, ...more } });
    return values as unknown as Choice & Readonly<Partial<Record<Name, string>>>;
  } catch (error) {
    throw new SettingsFault((error as Error).message);
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
