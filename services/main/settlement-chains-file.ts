import { readFileSync } from 'node:fs';
import { type Currency, isCurrency, scalesOf } from '../money/currency.ts';
import {
  type ChainDisplay,
  type ChainProfile,
  type ChainSpending,
  nativeToken,
  type SettlementChain,
  type SettlementContracts,
} from '../settlement/application/settlement-chain.ts';
import { confirmedKinds, type ConfirmationRule } from '../settlement/domain/confirmation-policy.ts';
import type { KnownToken } from '../settlement/domain/token-amount.ts';
import { weiPattern } from './anchor-chains-file.ts';
import { SettingsFault } from './settings-fault.ts';

const address = /^0x[0-9a-fA-F]{40}$/;
const contractNames = ['registry', 'settlement', 'escrow', 'creditFactory'] as const;
/** One that lies, and one that is away, must not be two of two. */
const nodesMinForRealMoney = 3;
/** No transaction takes less. */
const relayGasMin = 21_000;
const retriesMax = 10;
/** The rate of the last collection has to run out first. */
const retrySecondsMin = 60;

/**
 * Chains that providers are paid on (docs/reference/settlement-watcher.md). Throws SettingsFault and names the chain and the field; never
 * repeats an address of a node, which may hold a password.
 */
export function readSettlementChains(file: string): SettlementChain[] {
  let chains: unknown;
  try {
    chains = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new SettingsFault(`SETTLEMENT_CHAINS names ${file}, which cannot be read as JSON (${(error as Error).message}).`);
  }
  if (!Array.isArray(chains)) throw new SettingsFault(`${file} holds no list of chains.`);
  const read = chains.map((chain: unknown, index) => chainIn(new Entry(`Chain ${index + 1} in ${file}`, chain)));
  if (new Set(read.map(({ chainId }) => chainId)).size < read.length) throw new SettingsFault(`${file} names a chain twice.`);
  return read;
}

function chainIn(entry: Entry): SettlementChain {
  entry.knowsOnly([
    ...['chainId', 'rpcUrls', 'contracts', 'codeHashes', 'deploymentBlock', 'tokens', 'profile'],
    ...['relaysPayments', 'display', 'spending', 'collectRetrySeconds'],
  ]);
  const chain = {
    chainId: entry.text('chainId', /^[1-9]\d{0,18}$/, 'the number of the chain, as text'),
    rpcUrls: entry.list('rpcUrls').map((url) => urlIn(entry, url)),
    contracts: contractsIn(entry.inner('contracts')),
    codeHashes: entry.has('codeHashes') ? codeHashesIn(entry.inner('codeHashes')) : {},
    deploymentBlock: BigInt(entry.text('deploymentBlock', /^\d{1,18}$/, 'the block of the deployment, as text')),
    tokens: entry.list('tokens').map((_, index) => tokenIn(entry.item('tokens', index))),
    profile: profileIn(entry.inner('profile')),
    ...(entry.has('relaysPayments') && { relaysPayments: entry.truth('relaysPayments') }),
    ...(entry.has('display') && { display: displayIn(entry.inner('display')) }),
    ...(entry.has('spending') && { spending: spendingIn(entry.inner('spending')) }),
    ...(entry.has('collectRetrySeconds') && { collectRetrySeconds: retriesIn(entry) }),
  };
  entry.demands(chain.rpcUrls.length > 0, 'rpcUrls takes at least one address of a node');
  entry.demands(new Set(chain.rpcUrls).size === chain.rpcUrls.length, 'rpcUrls names a node twice, which proves nothing');
  entry.demands(new Set(chain.tokens.map((token) => token.address)).size === chain.tokens.length, 'tokens names a token twice');
  if (chain.profile.realMoney) demandCare(entry, chain);
  return chain;
}

/** Where money is at stake nobody is believed alone, and no code that merely was there first. */
function demandCare(entry: Entry, { rpcUrls, contracts, codeHashes, profile }: SettlementChain): void {
  entry.demands(profile.blockTimeMaxMs !== undefined, 'realMoney takes profile.blockTimeMaxMs, or nobody sees nodes that stand still');
  entry.demands(
    profile.finality !== 'tag' || profile.finalitySeconds !== undefined,
    'realMoney takes profile.finalitySeconds: how long a block may wait for finality',
  );
  entry.demands(rpcUrls.length >= nodesMinForRealMoney, `realMoney takes at least ${nodesMinForRealMoney} addresses in rpcUrls`);
  for (const name of contractNames)
    entry.demands(
      contracts[name] === undefined || codeHashes[name] !== undefined,
      `realMoney takes the code hash of ${name} in codeHashes`,
    );
}

function urlIn(entry: Entry, url: unknown): string {
  entry.demands(typeof url === 'string' && /^https?:\/\/\S+$/.test(url), 'rpcUrls takes addresses that begin with http:// or https://');
  return url as string;
}

function contractsIn(entry: Entry): SettlementContracts {
  entry.knowsOnly(contractNames);
  const at = (name: keyof SettlementContracts): string => entry.text(name, address, 'the address of a contract').toLowerCase();
  return {
    registry: at('registry'),
    settlement: at('settlement'),
    ...(entry.has('escrow') && { escrow: at('escrow') }),
    ...(entry.has('creditFactory') && { creditFactory: at('creditFactory') }),
  };
}

function codeHashesIn(entry: Entry): SettlementChain['codeHashes'] {
  entry.knowsOnly(contractNames);
  const given = contractNames.filter((name) => entry.has(name));
  return Object.fromEntries(given.map((name) => [name, entry.text(name, /^0x[0-9a-f]{64}$/, 'a hash, 0x and 64 hex digits')]));
}

function tokenIn(entry: Entry): KnownToken {
  entry.knowsOnly(['address', 'currency', 'decimals']);
  const currency = currencyIn(entry);
  const token = {
    address: entry.text('address', address, 'the address of a token, zeros for the native coin').toLowerCase(),
    currency,
    // The ledger writes down every unit that is paid, so a token is never finer than its currency.
    decimals: entry.number('decimals', 1, scalesOf(currency).ledgerScale),
  };
  entry.demands(token.address !== nativeToken || token.decimals === 18, 'decimals of a native coin are 18');
  return token;
}

function profileIn(entry: Entry): ChainProfile {
  entry.knowsOnly(['blockTimeMaxMs', 'finality', 'finalitySeconds', 'realMoney', 'confirmations', 'pollMs']);
  return {
    finality: entry.is('finality', 'tag') ? 'tag' : entry.number('finality', 1, 1_000_000, '"tag" or '),
    realMoney: entry.truth('realMoney'),
    confirmations: entry.list('confirmations').map((_, index) => confirmationIn(entry.item('confirmations', index))),
    ...(entry.has('blockTimeMaxMs') && { blockTimeMaxMs: entry.number('blockTimeMaxMs', 1, Number.MAX_SAFE_INTEGER) }),
    ...(entry.has('finalitySeconds') && { finalitySeconds: entry.number('finalitySeconds', 1, 1_000_000) }),
    ...(entry.has('pollMs') && { pollMs: entry.number('pollMs', 10, 3_600_000) }),
  };
}

function displayIn(entry: Entry): ChainDisplay {
  entry.knowsOnly(['name', 'explorerUrl', 'walletRpcUrl', 'sweepers']);
  const link = (field: string) =>
    entry.text(field, /^https?:\/\/[^\s@?#]+[^\s@?#/]$/, 'an address without a password, and no slash at the end');
  const sweepers = entry.has('sweepers') ? entry.list('sweepers') : [];
  entry.demands(
    sweepers.every((each) => typeof each === 'string' && address.test(each)),
    'sweepers takes addresses of contracts',
  );
  return {
    ...(entry.has('name') && { name: entry.text('name', /^[\x20-\x7e]{1,40}$/, 'a name of at most 40 characters') }),
    ...(entry.has('explorerUrl') && { explorerUrl: link('explorerUrl') }),
    ...(entry.has('walletRpcUrl') && { walletRpcUrl: link('walletRpcUrl') }),
    sweepers: sweepers.map((each) => (each as string).toLowerCase()),
  };
}

function retriesIn(entry: Entry): number[] {
  const seconds = entry.list('collectRetrySeconds');
  entry.demands(
    seconds.length <= retriesMax && seconds.every((each) => Number.isSafeInteger(each) && (each as number) >= retrySecondsMin),
    `collectRetrySeconds takes at most ${retriesMax} whole numbers from ${retrySecondsMin}`,
  );
  return seconds as number[];
}

function spendingIn(entry: Entry): ChainSpending {
  entry.knowsOnly(['feePerGasMax', 'relayGasMax', 'relayFeeMaxPerDay']);
  return {
    ...(entry.has('feePerGasMax') && { feePerGasMax: BigInt(entry.text('feePerGasMax', weiPattern, 'wei per unit of gas, as text')) }),
    ...(entry.has('relayGasMax') && { relayGasMax: BigInt(entry.number('relayGasMax', relayGasMin, 30_000_000)) }),
    ...(entry.has('relayFeeMaxPerDay') && { relayFeeMaxPerDay: BigInt(entry.text('relayFeeMaxPerDay', /^\d{1,30}$/, 'wei, as text')) }),
  };
}

function confirmationIn(entry: Entry): ConfirmationRule {
  entry.knowsOnly(['kinds', 'upTo', 'blocks']);
  const kinds = entry.has('kinds') ? confirmedKinds.filter((kind) => entry.list('kinds').includes(kind)) : undefined;
  entry.demands(kinds === undefined || kinds.length === entry.list('kinds').length, `kinds takes some of ${confirmedKinds.join(', ')}`);
  return {
    ...(kinds !== undefined && { kinds }),
    ...(entry.has('upTo') && { upTo: amountIn(entry.inner('upTo')) }),
    blocks: entry.number('blocks', 1, 1_000_000),
  };
}

function amountIn(entry: Entry): NonNullable<ConfirmationRule['upTo']> {
  entry.knowsOnly(['amount', 'currency']);
  return { amount: entry.text('amount', /^\d{1,20}(\.\d{1,18})?$/, 'an amount, as text'), currency: currencyIn(entry) };
}

function currencyIn(entry: Entry): Currency {
  const code = entry.text('currency', /^[A-Z]{3,5}$/, 'a currency of the money table');
  if (isCurrency(code)) return code;
  return entry.refuse(`currency takes one of the money table, not ${code}`);
}

/** One object of the file, and what it is called in a message. */
class Entry {
  readonly #name: string;
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(name: string, fields: unknown) {
    this.#name = name;
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) throw new SettingsFault(`${name} is no object.`);
    this.#fields = fields as Readonly<Record<string, unknown>>;
  }

  knowsOnly(known: readonly string[]): void {
    const unknown = Object.keys(this.#fields).find((field) => !known.includes(field));
    if (unknown !== undefined) this.refuse(`a field ${JSON.stringify(unknown)} means nothing`);
  }

  has(field: string): boolean {
    return Object.hasOwn(this.#fields, field);
  }

  is(field: string, value: unknown): boolean {
    return this.#fields[field] === value;
  }

  inner(field: string): Entry {
    return new Entry(`${this.#name}: ${field}`, this.#fields[field]);
  }

  item(field: string, index: number): Entry {
    return new Entry(`${this.#name}: ${field} ${index + 1}`, this.list(field)[index]);
  }

  list(field: string): readonly unknown[] {
    const value = this.#fields[field];
    return Array.isArray(value) ? (value as unknown[]) : this.refuse(`${field} takes a list`);
  }

  text(field: string, pattern: RegExp, takes: string): string {
    const value = this.#fields[field];
    return typeof value === 'string' && pattern.test(value) ? value : this.refuse(`${field} takes ${takes}`);
  }

  number(field: string, least: number, most: number, or = ''): number {
    const value = this.#fields[field];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return value;
    return this.refuse(`${field} takes ${or}a whole number from ${least} to ${most}`);
  }

  truth(field: string): boolean {
    const value = this.#fields[field];
    return typeof value === 'boolean' ? value : this.refuse(`${field} takes true or false`);
  }

  demands(isSo: boolean, message: string): void {
    if (!isSo) this.refuse(message);
  }

  refuse(message: string): never {
    throw new SettingsFault(`${this.#name}: ${message}.`);
  }
}
