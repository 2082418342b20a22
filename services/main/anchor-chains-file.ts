import { readFileSync } from 'node:fs';
import { heartbeatSecondsDefault } from '../integrity/application/open-log.ts';
import type { ChainAccess } from './integrity.ts';
import { SettingsFault } from './settings-fault.ts';

type Fields = Readonly<Record<string, unknown>>;

const known = new Set([
  ...['rpcUrl', 'chainId', 'contract', 'fromBlock', 'codeHash'],
  ...['everySeconds', 'everyEvents', 'heartbeatSeconds', 'publisherKeyFile', 'feePerGasMax'],
]);

/**
 * Chains that logs are anchored on beside the main one (docs/guides/anchor-on-a-public-chain.md). Throws SettingsFault and names the chain
 * and the field; never repeats an address of a node, which may hold a password.
 */
export function readAnchorChains(file: string): ChainAccess[] {
  let chains: unknown;
  try {
    chains = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new SettingsFault(`ANCHOR_CHAINS names ${file}, which cannot be read as JSON (${(error as Error).message}).`);
  }
  if (!Array.isArray(chains)) throw new SettingsFault(`${file} holds no list of chains.`);
  const read = chains.map((chain: unknown, index) => new ChainEntry(`Chain ${index + 1} in ${file}`, chain).read());
  const places = read.map(({ contract }) => `${contract?.chainId} ${contract?.address}`);
  if (new Set(places).size < places.length) throw new SettingsFault(`${file} names a contract twice.`);
  return read;
}

/** A whole number above 0. */
export const weiPattern = /^[1-9]\d{0,29}$/;

class ChainEntry {
  readonly #name: string;
  readonly #fields: Fields;

  constructor(name: string, fields: unknown) {
    this.#name = name;
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) throw new SettingsFault(`${name} is no object.`);
    this.#fields = fields as Fields;
    const unknown = Object.keys(fields).find((field) => !known.has(field));
    if (unknown !== undefined) throw new SettingsFault(`${name} has a field ${JSON.stringify(unknown)} that means nothing.`);
  }

  read(): ChainAccess {
    const rpcUrl = this.#text('rpcUrl', /^https?:\/\/\S+$/, 'an address that begins with http:// or https://');
    const chainId = this.#text('chainId', /^[1-9]\d{0,18}$/, 'the number of the chain, as text');
    const address = this.#text('contract', /^0x[0-9a-fA-F]{40}$/, 'the address of the anchor contract').toLowerCase();
    const fromBlock = this.#text('fromBlock', /^\d{1,18}$/, 'the block of its deployment, as text', '0');
    const codeHash = this.#has('codeHash') ? this.#text('codeHash', /^0x[0-9a-f]{64}$/, 'a hash, 0x and 64 hex digits') : undefined;
    const publisherFile = this.#has('publisherKeyFile') ? this.#text('publisherKeyFile', /^\/./, 'an absolute path') : undefined;
    const cadence = {
      ...(this.#has('everySeconds') && { secondsMax: this.#number('everySeconds') }),
      ...(this.#has('everyEvents') && { eventsMax: this.#number('everyEvents') }),
    };
    return {
      ...{ rpcUrl, cadence, contract: { address, chainId, fromBlock, ...(codeHash !== undefined && { codeHash }) } },
      ...(publisherFile !== undefined && { publisherFile }),
      ...(this.#has('feePerGasMax') && { feePerGasMax: BigInt(this.#text('feePerGasMax', weiPattern, 'wei per unit of gas, as text')) }),
      ...this.#heartbeat(cadence.secondsMax),
    };
  }

  /** Half of it is the longest pause of an idle log, so a chain that is anchored on seldom promises no more than that. */
  #heartbeat(everySeconds = 0): { readonly heartbeatSeconds?: number } {
    if (this.#has('heartbeatSeconds')) return { heartbeatSeconds: this.#number('heartbeatSeconds') };
    return 2 * everySeconds > heartbeatSecondsDefault ? { heartbeatSeconds: 2 * everySeconds } : {};
  }

  #has(field: string): boolean {
    return Object.hasOwn(this.#fields, field);
  }

  #text(field: string, pattern: RegExp, takes: string, absent?: string): string {
    const value = this.#fields[field] ?? absent;
    if (typeof value === 'string' && pattern.test(value)) return value;
    throw new SettingsFault(`${this.#name}: ${field} takes ${takes}.`);
  }

  #number(field: string): number {
    const value = this.#fields[field];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
    throw new SettingsFault(`${this.#name}: ${field} takes a whole number above 0.`);
  }
}
