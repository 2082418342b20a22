import { v5 as uuidv5 } from 'uuid';
import type { LogOpener } from '../../access/application/log-opener.ts';
import type { Clock } from '../../commands/application/clock.ts';
import type { EventStore } from '../../event-store/domain/event-store.ts';
import { genesisPolicy, type ListedChain } from '../domain/log-policy.ts';
import { noteSigner } from '../domain/note.ts';
import { keyNameOf, localOrigin } from '../domain/origin.ts';
import type { SystemLeafType } from '../domain/system-leaf.events.ts';
import type { Keyring } from './keyring.ts';
import { readGenesis } from './genesis.ts';
import { SystemLog, systemStream } from './system-log.ts';
import type { ProviderLog } from './provider-logs.ts';

/** Namespace of URLs, RFC 9562. */
const urlNamespace = '6ba7b811-9dad-11d1-80b4-00c04fd430c8';
const genesisType: SystemLeafType = 'LogGenesis/1';

export interface OpenLogRequest {
  readonly slug: string;
  /** Where the log will be anchored; none for a ledger without a chain. */
  readonly chains: readonly ListedChain[];
}

export interface OpenLogOptions {
  readonly store: EventStore;
  readonly keyring: Keyring;
  readonly clock: Clock;
  /** The chains that a log opened now is anchored on. */
  readonly chains: () => Promise<readonly ListedChain[]>;
  readonly heartbeatSeconds?: number;
  readonly toleranceSeconds?: number;
}

/** Longest silence between two anchors that a new log promises. */
export const heartbeatSecondsDefault = 3600;
const toleranceSecondsDefault = 300;

/** Opens logs: keys first, then the genesis as revision 0 of `<slug>.log-0`. A log is opened once; after that it stays as it is. */
export class OpenLog implements LogOpener {
  readonly #options: OpenLogOptions;
  readonly #systemLog: SystemLog;

  constructor(options: OpenLogOptions) {
    this.#options = options;
    this.#systemLog = new SystemLog(options.store, options.clock);
  }

  async open(slug: string): Promise<void> {
    const { store, chains } = this.#options;
    if ((await readGenesis(store, slug)) === undefined) await this.openLog({ slug, chains: await chains() });
  }

  /** Safe to repeat and to race: whoever comes second is answered with the log that stands, whatever it asked for. */
  async openLog({ slug, chains }: OpenLogRequest): Promise<ProviderLog> {
    const { store, keyring } = this.#options;
    const standing = await readGenesis(store, slug);
    if (standing !== undefined) return standing;
    const log = await keyring.openOrCreate(slug, 'log');
    const origin = localOrigin(slug, log.publicKey);
    const fin = genesisPolicy({
      slug,
      origin,
      vkey: noteSigner(origin, log).vkey,
      receiptsVkey: noteSigner(keyNameOf(origin, 'receipts'), await keyring.openOrCreate(slug, 'receipts')).vkey,
      recoveryVkey: noteSigner(keyNameOf(origin, 'recovery'), await keyring.openOrCreate(slug, 'recovery')).vkey,
      chains,
      heartbeatSeconds: this.#options.heartbeatSeconds ?? heartbeatSecondsDefault,
      toleranceSeconds: this.#options.toleranceSeconds ?? toleranceSecondsDefault,
    });
    // The id depends on the place alone, so of two that open the log at once the second meets the first one's genesis.
    const id = uuidv5(`tallyroot:genesis:1\n${systemStream(slug)}\n0`, urlNamespace);
    await this.#systemLog.append({ slug, origin, type: genesisType, fin, id });
    return (await readGenesis(store, slug)) as ProviderLog;
  }
}
