import { describe, expect, it } from '@jest/globals';
import { ChainUnavailableFault } from '../../../services/chain/application/chain-faults.ts';
import { askEnough } from '../../../services/settlement/application/enough-nodes.ts';
import { untilEnough } from '../../../services/settlement/application/until-enough.ts';

const chain = { chainId: '1', rpcUrls: ['a', 'b', 'c'] };
type Said = { readonly said: string };

/** Nodes that answer when they are told to, or never. */
function nodesThat(answers: Readonly<Record<string, Promise<Said | undefined>>>) {
  const asked: string[] = [];
  const ask = (node: string) => {
    asked.push(node);
    return answers[node] as Promise<Said | undefined>;
  };
  return { asked, ask, nodes: Object.keys(answers) };
}

const says = (said: string) => Promise.resolve({ said });
const away = () => Promise.reject<Said>(new ChainUnavailableFault('Away.'));
const never = new Promise<Said>(() => undefined);

describe('as many nodes as have to agree', () => {
  it('are asked at once, and no node more while they answer', async () => {
    const first = Promise.withResolvers<Said>();
    const { asked, ask, nodes } = nodesThat({ a: first.promise, b: says('b'), c: says('c') });
    const answer = askEnough(chain, nodes, ask, { slowMs: 60_000 });
    await says('b');
    expect(asked).toEqual(['a', 'b']);
    first.resolve({ said: 'a' });
    expect(new Set((await answer).map(({ said }) => said))).toEqual(new Set(['a', 'b']));
    expect(asked).toEqual(['a', 'b']);
  });

  it('are others where one is away or does not know', async () => {
    const { ask, nodes } = nodesThat({ a: away(), b: Promise.resolve(undefined), c: says('c'), d: says('d') });
    expect((await askEnough(chain, nodes, ask, { slowMs: 60_000 })).map(({ said }) => said)).toEqual(['c', 'd']);
    const few = nodesThat({ a: away(), b: says('b') });
    await expect(askEnough(chain, few.nodes, few.ask, { slowMs: 60_000 })).rejects.toThrow(ChainUnavailableFault);
  });

  it('do without one that is slow, however long that takes, and hear it when it answers', async () => {
    const slow = Promise.withResolvers<Said>();
    const { ask, nodes } = nodesThat({ a: slow.promise, b: says('b'), c: says('c') });
    const late = Promise.withResolvers<Said>();
    const said = await askEnough(chain, nodes, ask, { slowMs: 1, onLate: late.resolve });
    expect(said.map((each) => each.said)).toEqual(['b', 'c']);
    slow.resolve({ said: 'a lie' });
    expect(await late.promise).toEqual({ said: 'a lie' });
    const stuck = nodesThat({ a: never, b: never, c: says('c'), d: says('d') });
    expect(await askEnough(chain, stuck.nodes, stuck.ask, { slowMs: 1 })).toHaveLength(2);
  });

  it('break where one of them breaks', async () => {
    const { ask, nodes } = nodesThat({ a: never, b: Promise.reject(new TypeError('Ours.')) });
    await expect(askEnough(chain, nodes, ask, { slowMs: 60_000 })).rejects.toThrow(TypeError);
  });
});

describe('waiting for enough', () => {
  it('goes on a moment after it is enough, and at once where all have settled', async () => {
    const settled: string[] = [];
    const each = (name: string, when: Promise<unknown>) => when.then(() => void settled.push(name));
    await untilEnough([each('a', says('a')), each('never', never)], () => settled.length >= 1, 1);
    expect(settled).toEqual(['a']);
    const slower = Promise.withResolvers<void>();
    const all = untilEnough([each('b', says('b')), each('c', slower.promise)], () => settled.length >= 2, 600_000);
    slower.resolve();
    await all;
    expect(settled).toEqual(['a', 'b', 'c']);
  });
});
