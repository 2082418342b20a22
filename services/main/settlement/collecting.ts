import { instantOf } from '../../settlement/domain/chain-time.ts';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CollectionsQuery, type MandateOnFile, type Uncollected } from '../../../projections/mandates/collections.query.ts';
import { CollectionRecords } from '../../settlement/application/mandates/collection-records.ts';
import { lastDataFolder } from '../embedded/last-data-folder.ts';
import { type Environment, readSettings, SettingsFault } from '../settings.ts';
import { withLedger } from '../with-ledger.ts';
import { collectionService } from './collection-service.ts';
import { collectDue } from './due-collections.ts';

export const collectingUsage =
  'mandates [--account <id>] [--status offered|agreed|revoked], uncollected, ' +
  'collect [--due-by <day>] [--url <url of the service>] [--key-file <file of an API key>]; each with [--provider <slug>]';

/** `settlement mandates`, `settlement collect`, `settlement uncollected`: recurring collections from a shell, or by a timer, beside the service. */
export const collecting: ReadonlyMap<string, (args: readonly string[], environment: Environment) => Promise<number>> = new Map([
  ['mandates', listMandates],
  ['collect', collect],
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

async function collect(args: readonly string[], environment: Environment): Promise<number> {
  const { 'due-by': dueBy, url, 'key-file': keyFile, ...choice } = optionsIn(args, { 'due-by': text, url: text, 'key-file': text });
  const now = new Date();
  const day = dueBy ?? now.toISOString().slice(0, 10);
  if (!isDay(day)) throw new SettingsFault(`--due-by ${day} is no day, such as 2026-11-30.`);
  const { host, port, dataFolder } = readSettings(choice.data === undefined ? [] : ['--data', choice.data], environment, lastDataFolder());
  const service = await collectionService(url ?? `http://${host}:${port}`, keyFile ?? join(dataFolder, 'api-key'), now);
  return withLedger({ provider: choice.provider, data: choice.data }, environment, ({ provider, pool, eventStore }) =>
    collectDue(new CollectionsQuery(pool, provider).due({ day, now: Math.floor(now.getTime() / 1_000) }), {
      ...{ day, service, print },
      records: new CollectionRecords(eventStore, provider),
    }),
  );
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
