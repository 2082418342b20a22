import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { systemClock } from '../../commands/application/clock.ts';
import { openAnchorChain, type OpenedAnchorChain } from '../../integrity/adapters/chain/open-anchor-chain.ts';
import { ChangePolicy } from '../../integrity/application/change-policy.ts';
import type { ProviderLog } from '../../integrity/application/provider-logs.ts';
import { SystemLog } from '../../integrity/application/system-log.ts';
import { chainKeyOf, type ListedChain } from '../../integrity/domain/log-policy.ts';
import { logIdOf } from '../../integrity/domain/origin.ts';
import { createPool } from '../../read-store/pool.ts';
import { dataFolderAt } from '../embedded/data-folder.ts';
import { EngineFault } from '../embedded/engine-fault.ts';
import { openEngines } from '../embedded/engines.ts';
import { lastDataFolder } from '../embedded/last-data-folder.ts';
import { type ChainAccess, openIntegrity } from '../integrity.ts';
import { mainContract } from '../main-contract.ts';
import { openEventStore } from '../open-event-store.ts';
import { type Environment, readSettings, type Settings } from '../settings.ts';
import { SettingsFault } from '../settings-fault.ts';
import type { ChainAction } from './contract-actions.ts';

interface Ledger {
  readonly logs: readonly ProviderLog[];
  /** Those of the settings, with what logs list of them. */
  readonly chains: readonly (OpenedAnchorChain & { readonly listed: ListedChain })[];
  /** Writes the chains into the log's policy. False where they stand so already. */
  relist(slug: string, chains: readonly ListedChain[]): Promise<boolean>;
}

interface Asked {
  readonly provider: string | undefined;
  readonly contract: string | undefined;
}

/** What takes the ledger: its logs, their keys, and the chains of its settings. Beside a running service, or where none runs. */
export const logActions: Readonly<Record<string, ChainAction>> = {
  logs: (args, environment) => withLedger(args, environment, logs),
  list: (args, environment) => withLedger(args, environment, list),
  unlist: (args, environment) => withLedger(args, environment, unlist),
};

async function logs({ logs: known, chains }: Ledger): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const { slug, origin, vkey, policy } of known) {
    const logId = logIdOf(origin, vkey);
    lines.push(`${slug}  log id 0x${logId}`);
    for (const { chain, listed } of chains) {
      const isListed = policy.chains.some((other) => chainKeyOf(other) === chainKeyOf(listed));
      const { key } = await chain.queueOf(slug);
      const holds = await chain.publisherOf(logId).catch((error: unknown) => error as Error);
      const held = holds instanceof Error ? holds.message : `its publisher there is ${holds ?? 'nobody'}`;
      lines.push(
        `  chain ${listed.chainId}  contract ${listed.contract}  our publisher ${key.address}  ${isListed ? 'listed' : 'not listed'}; ${held}`,
      );
    }
  }
  return lines;
}

async function list(ledger: Ledger, { provider }: Asked): Promise<readonly string[]> {
  const { slug, policy } = logOf(ledger, provider);
  if (ledger.chains.length === 0) throw new SettingsFault('No chain is named: set CHAIN_RPC_URL or ANCHOR_CHAINS.');
  const listed = new Map(policy.chains.map((chain) => [chainKeyOf(chain), chain]));
  for (const chain of ledger.chains) listed.set(chainKeyOf(chain.listed), chain.listed);
  return relisted(ledger, slug, [...listed.values()]);
}

async function unlist(ledger: Ledger, { provider, contract }: Asked): Promise<readonly string[]> {
  const { slug, policy } = logOf(ledger, provider);
  const left = policy.chains.filter((chain) => chain.contract.toLowerCase() !== contract?.toLowerCase());
  if (left.length === policy.chains.length) throw new SettingsFault(`--contract takes an address that ${slug} lists.`);
  return relisted(ledger, slug, left);
}

async function relisted(ledger: Ledger, slug: string, chains: readonly ListedChain[]): Promise<readonly string[]> {
  const isNew = await ledger.relist(slug, chains);
  const lines = chains.map(({ chainId, contract }) => `  chain ${chainId}  contract ${contract}`);
  return [`${isNew ? 'From now on' : 'Nothing to do:'} ${slug} lists ${chains.length === 0 ? 'no chain' : 'these chains'}.`, ...lines];
}

function logOf({ logs: known }: Ledger, provider: string | undefined): ProviderLog {
  const log = known.find(({ slug }) => slug === provider);
  if (log !== undefined) return log;
  throw new SettingsFault(`--provider takes one of ${known.map(({ slug }) => slug).join(', ')}.`);
}

async function withLedger(
  args: readonly string[],
  environment: Environment,
  act: (ledger: Ledger, asked: Asked) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const { data, provider, contract } = valuesIn(args);
  const settings = readSettings(data === undefined ? [] : ['--data', data], environment, lastDataFolder());
  const engines = await openEngines({ ...settings, chain: { kind: 'none' } }, (text) => process.stderr.write(`${text}\n`));
  const pool = createPool({ url: engines.databaseUrl });
  const keysFolder = join(settings.dataFolder, 'keys');
  const store = await openEventStore(engines);
  try {
    const logger = pino({ level: settings.logLevel }, pino.destination(2));
    const integrity = await openIntegrity({ eventStore: store, pool, keysFolder, chain: undefined, logger });
    await integrity.logs.start();
    try {
      const known = [...integrity.logs.known()];
      if (known.length === 0) throw new EngineFault(`There is no log in ${settings.dataFolder}.`);
      const opening = chainsOf(settings).map(async ({ heartbeatSeconds, cadence: _, ...access }) => {
        const opened = await openAnchorChain({ ...access, keysFolder: join(keysFolder, 'chain'), pool });
        const promised = heartbeatSeconds === undefined ? {} : { heartbeatSeconds: heartbeatSeconds.toString() };
        return { ...opened, listed: { ...opened.contract, ...promised } };
      });
      const change = new ChangePolicy(
        integrity.logs,
        (slug) => integrity.keyring.open(slug, 'recovery'),
        new SystemLog(store, systemClock),
      );
      const relist: Ledger['relist'] = async (slug, chains) => (await change.change(slug, { chains })) !== undefined;
      return await act({ logs: known, chains: await Promise.all(opening), relist }, { provider, contract });
    } finally {
      await integrity.logs.stop();
    }
  } finally {
    await store.dispose();
    await pool.end();
    await engines.stop();
  }
}

function chainsOf({ chain, anchorContract, dataFolder, otherChains }: Settings): readonly ChainAccess[] {
  if (chain.kind !== 'remote') return otherChains;
  return [{ rpcUrl: chain.url, ...mainContract(dataFolderAt(dataFolder), anchorContract) }, ...otherChains];
}

function valuesIn(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({ args: [...args], options: { data: text, provider: text, contract: text } }).values;
  } catch (error) {
    throw new SettingsFault((error as Error).message);
  }
}
