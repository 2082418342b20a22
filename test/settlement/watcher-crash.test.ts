import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { createPool } from '../../services/read-store/pool.ts';
import { MemorySettlementLedger } from '../../services/settlement/adapters/memory/memory.settlement-ledger.ts';
import { MemoryWatcherStore } from '../../services/settlement/adapters/memory/memory.watcher-store.ts';
import { PostgresWatcherStore } from '../../services/settlement/adapters/postgres/postgres.watcher-store.ts';
import type { MandateEnd } from '../../services/settlement/application/watching/settlement-ledger.ts';
import type { WatcherStore } from '../../services/settlement/application/watching/watcher-store.ts';
import type { ChainEffect } from '../../services/settlement/domain/chain-effect.ts';
import { acts, expectedOfActs, heldBy } from '../support/chain-acts.ts';
import { injected } from '../support/injected.ts';
import { freshDatabase, type TestDatabase } from '../support/postgres.ts';
import { ScriptedChain, scriptedCalls, startScriptedNode } from '../support/scripted-chain.ts';
import { forgetWatched, scriptedChainOf, watchOf } from '../support/watched-chain.ts';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await freshDatabase();
  pool = createPool({ url: database.serviceUrl });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

beforeEach(forget);

async function forget(): Promise<void> {
  await forgetWatched(pool);
}

/** A call of the ledger by another process. */
interface Told {
  readonly id: number;
  readonly method: 'take' | 'reorged' | 'mandatesRevoked';
  readonly values: readonly [effect: ChainEffect | readonly MandateEnd[], heads?: { readonly head: string; readonly finalized: string }];
}

function hear(ledger: MemorySettlementLedger, { method, values }: Told): Promise<unknown> {
  const [told, heads = { head: '0', finalized: '0' }] = values;
  if (method === 'mandatesRevoked') return ledger.mandatesRevoked(told as readonly MandateEnd[]);
  const effect = told as ChainEffect;
  return method === 'reorged'
    ? ledger.reorged(effect)
    : ledger.take(effect, { head: BigInt(heads.head), finalized: BigInt(heads.finalized) });
}

/** For each act, the call of all ports at which a process is killed: first looks at nodes, steps of the store, words to the ledger. */
const killedAt = ['31', '17', '24', '38'];

class Crash extends Error {}

/** Ends the process, so to speak, before one of all the calls of its ports: that is after the one before it, as far as a crash can tell. */
class Fuse {
  #awaits = 0;
  readonly #at: number;

  constructor(at: number) {
    this.#at = at;
  }

  get isBurnt(): boolean {
    return this.#awaits >= this.#at;
  }

  on<Port extends object>(port: Port): Port {
    const get = (target: Port, name: string | symbol): unknown => {
      const member = Reflect.get(target, name) as unknown;
      if (typeof member !== 'function') return member;
      return async (...values: unknown[]) => {
        if (++this.#awaits === this.#at) throw new Crash();
        return (await Reflect.apply(member, target, values)) as unknown;
      };
    };
    return new Proxy(port, { get });
  }
}

/** Plays all acts; whenever the watcher dies, another process takes over. Answers whether it died. */
async function play(openStore: () => Promise<WatcherStore>, fuse: Fuse, ledger: MemorySettlementLedger): Promise<boolean> {
  const chain = new ScriptedChain();
  const store = await openStore();
  const open = () =>
    watchOf(scriptedChainOf(['-']), { store: fuse.on(store), ledger: fuse.on(ledger), nodes: [fuse.on(scriptedCalls(chain))] });
  let watch = open();
  for (const act of acts) {
    act(chain);
    for (let looks = 0; looks < 2; looks++) {
      try {
        await watch.look();
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
        watch = open();
        looks = -1;
      }
    }
  }
  return fuse.isBurnt;
}

describe('a watcher that dies at any await goes on where it was, and no event is lost or doubled [SET-A34]', () => {
  it.each([
    ['in memory, every call', async () => new MemoryWatcherStore(), (run: number) => 1 + run],
    // Every seventh call, each time another one of seven: whatever the calls repeat themselves by, no kind of gap is left out.
    ['in Postgres', () => forget().then(() => new PostgresWatcherStore(pool)), (run: number) => 1 + 7 * run + (run % 7)],
  ] as const)(
    'with what it knows %s',
    async (_name, openStore, callOf) => {
      let [at, run] = [0, 0];
      for (; ; run++) {
        at = callOf(run);
        const ledger = new MemorySettlementLedger();
        const hasDied = await play(openStore, new Fuse(at), ledger);
        expect([at, heldBy(ledger)]).toEqual([at, expectedOfActs]);
        if (!hasDied) break;
      }
      expect(at).toBeGreaterThan(150);
      injected(run); // In the last one nothing dies any more.
    },
    240_000,
  );

  it('as a process that is killed', async () => {
    const chain = new ScriptedChain();
    const node = await startScriptedNode(chain);
    const ledger = new MemorySettlementLedger();
    const script = join(import.meta.dirname, 'watcher.process.ts');
    /** Runs one process until it has nothing to do, or until it kills itself at one of its calls. Answers the signal that ended it. */
    const run = async (...killedAt: string[]): Promise<string | null> => {
      const args = [node.url, database.serviceUrl, ...killedAt];
      const child = fork(script, args, { execArgv: [], env: { ...process.env, NODE_OPTIONS: '' } });
      child.on('message', (told: Told) => {
        void hear(ledger, told).then((result) => child.connected && child.send({ id: told.id, result }));
      });
      const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
      if (code !== null && code !== 0) throw new Error(`The watcher ended with ${code}.`);
      return signal;
    };
    for (const [index, act] of acts.entries()) {
      act(chain);
      expect(await run(killedAt[index]!, index % 2 === 0 ? 'before' : 'begun')).toBe('SIGKILL');
      expect(await run()).toBeNull();
    }
    await node.close();
    expect(heldBy(ledger)).toEqual(expectedOfActs);
    injected(acts.length);
  }, 120_000);
});
