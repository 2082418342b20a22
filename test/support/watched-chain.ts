import type { Pool } from 'pg';
import { JsonRpc } from '../../services/chain/adapters/rpc/json-rpc.ts';
import type { ChainNode } from '../../services/chain/application/chain-node.ts';
import { AbiLogReader } from '../../services/settlement/adapters/chain/abi.log-reader.ts';
import { RpcWatchedNode } from '../../services/settlement/adapters/chain/rpc.watched-node.ts';
import { MemorySettlementLedger } from '../../services/settlement/adapters/memory/memory.settlement-ledger.ts';
import { MemoryWatcherStore } from '../../services/settlement/adapters/memory/memory.watcher-store.ts';
import { ChainWatch, watchDefaults, type WatchSettings } from '../../services/settlement/application/watching/chain-watch.ts';
import type { SettlementChain } from '../../services/settlement/application/settlement-chain.ts';
import type { SettlementLedger } from '../../services/settlement/application/watching/settlement-ledger.ts';
import type { WatcherStore } from '../../services/settlement/application/watching/watcher-store.ts';
import { scriptedChainId, scriptedContracts, type Silence, silences } from './scripted-chain.ts';

/** Far longer than a busy machine takes. */
const answerMsMax = 60_000;
/** Made once: it parses every event of the contracts. */
const reader = new AbiLogReader();

/** A node that is given up once it has decided not to answer (a scripted one of this process says so), and not because the machine is busy. */
export function impatientRpc(url: string): JsonRpc {
  return new JsonRpc(url, async (to, init) => {
    const silence = new AbortController();
    const heard = ({ url: at, body }: Silence) => {
      if (at === url && body === init?.body) silence.abort(new DOMException('It did not answer.', 'TimeoutError'));
    };
    silences.on('silence', heard);
    try {
      return await fetch(to, { ...init, signal: AbortSignal.any([silence.signal, AbortSignal.timeout(answerMsMax)]) });
    } finally {
      silences.off('silence', heard);
    }
  });
}

const watcherTables = ['cursor', 'block', 'log', 'word', 'balance', 'reading', 'status', 'halt'];

/** As before the first look of the first watcher. */
export async function forgetWatched(pool: Pick<Pool, 'query'>): Promise<void> {
  for (const table of watcherTables) await pool.query(`delete from settlement_watch_${table}`);
}

export function scriptedChainOf(rpcUrls: readonly string[]): SettlementChain {
  return {
    ...{ chainId: scriptedChainId, rpcUrls, contracts: scriptedContracts, codeHashes: {}, deploymentBlock: 1n, tokens: [] },
    profile: { finality: 'tag', realMoney: false, confirmations: [] },
  };
}

export interface WatchParts {
  readonly store?: WatcherStore;
  readonly ledger?: SettlementLedger;
  readonly settings?: Partial<WatchSettings>;
  /** What its clock shows. */
  readonly now?: () => string;
  /** Over HTTP when absent. */
  readonly nodes?: readonly ChainNode[];
}

/** A watcher of these nodes, as a process would open it. */
export function watchOf(chain: SettlementChain, parts: WatchParts = {}): ChainWatch {
  const { store = new MemoryWatcherStore(), ledger = new MemorySettlementLedger(), settings, now } = parts;
  const nodes = parts.nodes ?? chain.rpcUrls.map(impatientRpc);
  return new ChainWatch({
    ...{ chain, store, ledger, reader, clock: { now: now ?? (() => new Date().toISOString()) } },
    nodes: nodes.map((node, index) => new RpcWatchedNode(`node ${index + 1}`, node, chain.profile)),
    settings: { ...watchDefaults, backoffMsMax: 0, graceMs: answerMsMax, ...settings },
  });
}

/** Looks until it is done with everything, whatever goes wrong meanwhile. Answers the failures. */
export async function lookOften(watch: ChainWatch, times = 3): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (let look = 0; look < times; look++) await watch.look().catch((error: unknown) => failures.push(error));
  return failures;
}
