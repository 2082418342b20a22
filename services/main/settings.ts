import { resolve, join } from 'node:path';
import { parseArgs } from 'node:util';
import { connectionStringProblem } from '../event-store/adapters/eventstoredb/connection-string.ts';
import { projectRoot } from '../read-store/project-root.ts';
import type { WitnessAddress } from '../integrity/adapters/witness/http.witness.ts';
import type { EngineSettings } from './embedded/engines.ts';
import type { CheckoutLimits } from '../settlement/application/checkout/checkout-limits.ts';
import type { SettlementChain } from '../settlement/application/settlement-chain.ts';
import { readAnchorChains, weiPattern } from './anchor-chains-file.ts';
import type { ChainAccess } from './integrity.ts';
import { readPublicOrigin } from './public-origin-setting.ts';
import { SettingsFault } from './settings-fault.ts';
import { readSettlementChains } from './settlement-chains-file.ts';
import { readWitnesses } from './witnesses-setting.ts';

export { SettingsFault };

/** What runs in this process. */
const roles = ['all', 'api', 'projector', 'sequencer', 'anchorer', 'watcher', 'sender'] as const;
type Role = (typeof roles)[number];

const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const;
type LogLevel = (typeof logLevels)[number];

/** Everything that can be configured, checked. Options of the command line win over the environment. */
export interface Settings extends EngineSettings {
  readonly role: Role;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly logLevel: LogLevel;
  /** The anchor contract on a chain that is not the local one; undefined: the one that was used last, or a new one on a local chain. */
  readonly anchorContract: { readonly address: string; readonly fromBlock: string } | undefined;
  /** The most that is paid for a unit of gas on the main chain, in wei; undefined: as much as it takes. */
  readonly feePerGasMax: bigint | undefined;
  /** Chains that logs are anchored on beside the main one. */
  readonly otherChains: readonly ChainAccess[];
  /** Chains that providers are paid on. */
  readonly settlementChains: readonly SettlementChain[];
  /** Hours between two comparisons of chains with the books. */
  readonly reconcileHours: number;
  /** Where people reach the service, without a slash at the end; undefined: at the port that it listens on, on this machine. */
  readonly publicOrigin: string | undefined;
  /** What the links of checkouts may ask for; what is absent has its default. */
  readonly checkoutLimits: Partial<CheckoutLimits>;
  /** Who cosigns the tree heads of every log. */
  readonly witnesses: readonly WitnessAddress[];
  /** The keys that personal data lie under; undefined: among the keys of the data folder. */
  readonly personalDataKeyFile: string | undefined;
  /** The password of the keys that sign quotes; undefined: among the keys of the data folder. */
  readonly quotePasswordFile: string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Names of all environment variables that are read here. */
export const settingNames = [
  'ANCHOR_CHAINS',
  'ANCHOR_CONTRACT',
  'CHAIN_FEE_PER_GAS_MAX',
  'CHAIN_RPC_URL',
  'CHECKOUT_ASKS_PER_MINUTE',
  'CHECKOUT_FOLLOWERS_MAX',
  'CHECKOUT_FOLLOWERS_PER_LINK_MAX',
  'CHECKOUT_NODE_CALLS_PER_MINUTE',
  'DATABASE_OWNER_URL',
  'DATABASE_URL',
  'EVENTSTORE_URL',
  'HOST',
  'LOG_LEVEL',
  'PERSONAL_DATA_KEY_FILE',
  'PORT',
  'PUBLIC_ORIGIN',
  'QUOTE_PASSWORD_FILE',
  'ROLE',
  'SETTLEMENT_CHAINS',
  'SETTLEMENT_RECONCILE_HOURS',
  'TALLYROOT_DATA',
  'WITNESSES',
] as const;

const settingOptions = {
  data: { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string' },
} as const;

/** Throws SettingsFault at the first setting that cannot be used. `defaultDataFolder` replaces `.data` in the checkout. */
export function readSettings(args: readonly string[], environment: Environment, defaultDataFolder?: string): Settings {
  const options = optionsIn(args);
  const value = (name: (typeof settingNames)[number]): string | undefined => (environment[name] === '' ? undefined : environment[name]);
  return {
    role: oneOf('ROLE', roles, value('ROLE') ?? 'all'),
    host: options.host ?? value('HOST') ?? '127.0.0.1',
    port: portOf(options.port === undefined ? 'PORT' : '--port', options.port ?? value('PORT') ?? '3000'),
    logLevel: oneOf('LOG_LEVEL', logLevels, value('LOG_LEVEL') ?? 'warn'),
    dataFolder: resolve(options.data ?? value('TALLYROOT_DATA') ?? defaultDataFolder ?? join(projectRoot(import.meta.dirname), '.data')),
    ...databaseOf(value('DATABASE_URL'), value('DATABASE_OWNER_URL')),
    eventStoreUrl: eventStoreOf(value('EVENTSTORE_URL')),
    chain: chainOf(value('CHAIN_RPC_URL')),
    anchorContract: anchorContractOf(value('ANCHOR_CONTRACT')),
    feePerGasMax: weiOf('CHAIN_FEE_PER_GAS_MAX', value('CHAIN_FEE_PER_GAS_MAX')),
    witnesses: witnessesOf(value('WITNESSES')),
    otherChains: otherChainsOf(value('ANCHOR_CHAINS')),
    settlementChains: settlementChainsOf(value('SETTLEMENT_CHAINS')),
    publicOrigin: publicOriginOf(value('PUBLIC_ORIGIN')),
    checkoutLimits: {
      ...limitOf('followersMax', 'CHECKOUT_FOLLOWERS_MAX', value('CHECKOUT_FOLLOWERS_MAX')),
      ...limitOf('followersPerLinkMax', 'CHECKOUT_FOLLOWERS_PER_LINK_MAX', value('CHECKOUT_FOLLOWERS_PER_LINK_MAX')),
      ...limitOf('asksPerMinute', 'CHECKOUT_ASKS_PER_MINUTE', value('CHECKOUT_ASKS_PER_MINUTE'), 10),
      ...limitOf('nodeCallsPerMinute', 'CHECKOUT_NODE_CALLS_PER_MINUTE', value('CHECKOUT_NODE_CALLS_PER_MINUTE'), 100),
    },
    reconcileHours: hoursOf('SETTLEMENT_RECONCILE_HOURS', value('SETTLEMENT_RECONCILE_HOURS') ?? '24'),
    personalDataKeyFile: value('PERSONAL_DATA_KEY_FILE'),
    quotePasswordFile: value('QUOTE_PASSWORD_FILE'),
  };
}

function optionsIn(args: readonly string[]): { data?: string | undefined; host?: string | undefined; port?: string | undefined } {
  try {
    return parseArgs({ args: [...args], options: settingOptions, allowPositionals: false }).values;
  } catch (error) {
    throw new SettingsFault((error as Error).message);
  }
}

function databaseOf(url: string | undefined, ownerUrl: string | undefined): Pick<Settings, 'databaseOwnerUrl' | 'databaseUrl'> {
  if (ownerUrl !== undefined && url === undefined) {
    throw new SettingsFault('DATABASE_OWNER_URL is set without DATABASE_URL; set both, or neither for the embedded Postgres.');
  }
  return {
    databaseUrl: url === undefined ? undefined : urlOf('DATABASE_URL', url, ['postgres:', 'postgresql:']),
    databaseOwnerUrl: ownerUrl === undefined ? undefined : urlOf('DATABASE_OWNER_URL', ownerUrl, ['postgres:', 'postgresql:']),
  };
}

function eventStoreOf(url: string | undefined): string | undefined {
  const problem = url === undefined ? undefined : connectionStringProblem(url);
  if (problem !== undefined) throw new SettingsFault(`EVENTSTORE_URL ${problem}.`);
  return url;
}

function chainOf(url: string | undefined): Settings['chain'] {
  if (url === undefined) return { kind: 'embedded' };
  if (url === 'none') return { kind: 'none' };
  return { kind: 'remote', url: urlOf('CHAIN_RPC_URL', url, ['http:', 'https:']) };
}

/** `0x...` or `0x...@<block>`: where somebody deployed the contract, and from which block on its events are read. */
function anchorContractOf(text: string | undefined): Settings['anchorContract'] {
  if (text === undefined) return undefined;
  const [, address, fromBlock = '0'] = /^(0x[0-9a-fA-F]{40})(?:@(\d{1,18}))?$/.exec(text) ?? [];
  if (address === undefined)
    throw new SettingsFault(`ANCHOR_CONTRACT takes an address, or <address>@<block>, not ${JSON.stringify(text)}.`);
  return { address: address.toLowerCase(), fromBlock };
}

function weiOf(name: string, text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  if (weiPattern.test(text)) return BigInt(text);
  throw new SettingsFault(`${name} takes wei per unit of gas, a whole number above 0, not ${JSON.stringify(text)}.`);
}

function witnessesOf(text: string | undefined): Settings['witnesses'] {
  try {
    return text === undefined ? [] : readWitnesses(text);
  } catch (error) {
    throw new SettingsFault(`WITNESSES ${(error as Error).message}.`);
  }
}

function otherChainsOf(file: string | undefined): readonly ChainAccess[] {
  return file === undefined ? [] : readAnchorChains(resolve(file));
}

function settlementChainsOf(file: string | undefined): readonly SettlementChain[] {
  return file === undefined ? [] : readSettlementChains(resolve(file));
}

function publicOriginOf(text: string | undefined): string | undefined {
  return text === undefined ? undefined : readPublicOrigin(text);
}

function hoursOf(name: string, text: string): number {
  const hours = Number(text);
  if (/^\d{1,3}$/.test(text) && hours >= 1) return hours;
  throw new SettingsFault(`${name} takes hours, a whole number from 1 to 999, not ${JSON.stringify(text)}.`);
}

function limitOf(limit: keyof CheckoutLimits, name: string, text: string | undefined, least = 1): Partial<CheckoutLimits> {
  if (text === undefined) return {};
  if (/^\d{1,7}$/.test(text) && Number(text) >= least) return { [limit]: Number(text) };
  throw new SettingsFault(`${name} takes a whole number from ${least} to 9999999, not ${JSON.stringify(text)}.`);
}

/** The text is not repeated in the message: it may hold a password. */
function urlOf(name: string, text: string, protocols: readonly string[]): string {
  if (URL.canParse(text) && protocols.includes(new URL(text).protocol)) return text;
  throw new SettingsFault(`${name} takes a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}.`);
}

function portOf(name: string, text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new SettingsFault(`${name} takes a number from 0 (any free port) to 65535, not ${JSON.stringify(text)}.`);
}

function oneOf<T extends string>(name: string, allowed: readonly T[], text: string): T {
  const found = allowed.find((candidate) => candidate === text);
  if (found !== undefined) return found;
  throw new SettingsFault(`${name} takes one of ${allowed.join(', ')}, not ${JSON.stringify(text)}.`);
}
