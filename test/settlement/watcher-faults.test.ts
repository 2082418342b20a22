import { describe, expect, it } from '@jest/globals';
import { ChainUnavailableFault } from '../../services/chain/application/chain-faults.ts';
import { MemorySettlementLedger } from '../../services/settlement/adapters/memory/memory.settlement-ledger.ts';
import { MemoryWatcherStore } from '../../services/settlement/adapters/memory/memory.watcher-store.ts';
import { acts, expectedOfActs, heldBy } from '../support/chain-acts.ts';
import { injected } from '../support/injected.ts';
import { purchased, ScriptedChain, scriptedCalls, scriptedContracts, settled } from '../support/scripted-chain.ts';
import { scriptedChainOf, type WatchParts, watchOf } from '../support/watched-chain.ts';

const dayMs = 86_400_000;

/** What a port does with a call, given as what the call itself does. */
type Conduct = (call: () => Promise<unknown>) => Promise<unknown>;

function conducted<Port extends object>(port: Port, conduct: Conduct): Port {
  const get = (target: Port, name: string | symbol): unknown => {
    const member = Reflect.get(target, name) as unknown;
    if (typeof member !== 'function') return member;
    return (...values: unknown[]) => conduct(async () => (await Reflect.apply(member, target, values)) as unknown);
  };
  return new Proxy(port, { get });
}

/** A watcher of this chain. */
const watching = (chain: ScriptedChain, parts: WatchParts) => watchOf(scriptedChainOf(['-']), { nodes: [scriptedCalls(chain)], ...parts });

/** Plays all acts, and looks after each until two looks in a row went well. Answers how many did not. */
async function play(chain: ScriptedChain, watch: ReturnType<typeof watching>, beforeLook: () => void = () => undefined): Promise<number> {
  let failed = 0;
  for (const act of acts) {
    act(chain);
    for (let well = 0; well < 2; well++) {
      beforeLook();
      await watch.look().catch(() => {
        failed++;
        well = -1;
      });
    }
  }
  return failed;
}

describe('a watcher whose ports and clock fail it, and which goes on in the same process', () => {
  it('loses the answer of any one call that was carried out, and no event is lost or doubled', async () => {
    let [at, run] = [0, 0];
    for (let isLost = true; isLost; run++) {
      // Every third one, each time another of three: no kind of call is left out, and the whole takes seconds.
      at = 1 + 3 * run + (run % 3);
      let calls = 0;
      const deaf: Conduct = async (call) => {
        const answer = await call();
        if (++calls === at) throw new ChainUnavailableFault('The connection was reset.');
        return answer;
      };
      const [chain, ledger] = [new ScriptedChain(), new MemorySettlementLedger()];
      const nodes = [conducted(scriptedCalls(chain), deaf)];
      const watch = watching(chain, { nodes, store: conducted(new MemoryWatcherStore(), deaf), ledger: conducted(ledger, deaf) });
      await play(chain, watch);
      expect([at, heldBy(ledger)]).toEqual([at, expectedOfActs]);
      isLost = calls >= at;
    }
    expect(at).toBeGreaterThan(150);
    injected(run - 1);
  }, 240_000);

  it('tells the ledger everything twice, and nothing is in it twice', async () => {
    let calls = 0;
    const twice: Conduct = async (call) => {
      calls++;
      await call();
      return call();
    };
    const [chain, ledger] = [new ScriptedChain(), new MemorySettlementLedger()];
    expect(await play(chain, watching(chain, { ledger: conducted(ledger, twice) }))).toBe(0);
    expect(heldBy(ledger)).toEqual(expectedOfActs);
    expect(calls).toBeGreaterThan(expectedOfActs.length);
    injected(calls);
  });

  it.each(acts.map((_, act) => act + 1))('is set back to what it knew after act %s, and the ledger is not', async (last) => {
    const [chain, ledger, older] = [new ScriptedChain(), new MemorySettlementLedger(), new MemoryWatcherStore()];
    const before = watching(chain, { store: older, ledger: new MemorySettlementLedger() });
    const watch = watching(chain, { ledger });
    for (const [act, happens] of acts.entries()) {
      happens(chain);
      for (let looks = 0; looks < 2; looks++) for (const each of act < last ? [before, watch] : [watch]) await each.look();
    }
    const restored = watching(chain, { store: older, ledger });
    for (let looks = 0; looks < 2; looks++) await restored.look();
    expect(heldBy(ledger)).toEqual(expectedOfActs);
  });
});

describe('a watcher whose clock jumps', () => {
  const start = Date.parse('2026-03-01T00:00:00Z');

  it('to any time before any look, keeps every event once', async () => {
    const times = [start, start + 365 * dayMs, 0, start - 365 * dayMs, 8.64e15, start].map((ms) => new Date(ms).toISOString());
    for (let first = 0; first < times.length; first++) {
      let looks = first;
      const [chain, ledger] = [new ScriptedChain(), new MemorySettlementLedger()];
      const watch = watching(chain, { ledger, now: () => times[looks % times.length]! });
      expect(
        await play(chain, watch, () => {
          looks++;
        }),
      ).toBe(0);
      expect([first, heldBy(ledger)]).toEqual([first, expectedOfActs]);
    }
    injected(times.length * 2 * acts.length);
  });

  it('ahead and back, still finds within a day of its own what a node left out', async () => {
    const [chain, lastSlots] = [new ScriptedChain(), new Map([['1', 5_000n]])];
    const ledger = new MemorySettlementLedger({ ours: new Set(['1']), lastSlots });
    let [now, isLying] = [start + 365 * dayMs, false];
    const honest = scriptedCalls(chain);
    const node = {
      call: <Result>(method: string, ...params: readonly unknown[]) =>
        isLying && method === 'eth_getLogs' ? Promise.resolve([] as Result) : honest.call<Result>(method, ...params),
    };
    const watch = watching(chain, { ledger, nodes: [node], now: () => new Date(now).toISOString() });
    chain.mineEmpty(1);
    for (let looks = 0; looks < 2; looks++) await watch.look();
    now = start;
    lastSlots.set('1', 9_000n);
    for (let looks = 0; looks < 2; looks++) await watch.look();
    isLying = true;
    chain.mine([purchased(8_999n, 9n)], [settled(4_000n)]);
    chain.finalise();
    await watch.look();
    expect(ledger.facts().size).toBe(0);
    isLying = false;
    now += dayMs + 1;
    for (let looks = 0; looks < 2; looks++) await watch.look(); // So many words as there are take two.
    expect(ledger.finalised().map(({ key, contract }) => [key, contract])).toEqual([
      ['8999', scriptedContracts.escrow],
      ['4000', scriptedContracts.settlement],
    ]);
  });

  it('so far ahead that every node seems to stand still, waits, and goes on when it is right again', async () => {
    const [chain, ledger] = [new ScriptedChain(), new MemorySettlementLedger()];
    const configured = scriptedChainOf(['-']);
    const right = Number(chain.head.timestamp) * 1000;
    let now = right + dayMs;
    const watch = watchOf(
      { ...configured, profile: { ...configured.profile, blockTimeMaxMs: 60_000 } },
      { ledger, nodes: [scriptedCalls(chain)], now: () => new Date(now).toISOString() },
    );
    chain.mine([settled(1n)]);
    chain.finalise();
    for (let looks = 0; looks < 2; looks++) await expect(watch.look()).rejects.toMatchObject({ name: 'QuorumFault' });
    expect(ledger.facts().size).toBe(0);
    now = right;
    for (let looks = 0; looks < 2; looks++) await watch.look();
    expect(heldBy(ledger)).toEqual([['slot 1', 'observed,finalized']]);
  });
});
