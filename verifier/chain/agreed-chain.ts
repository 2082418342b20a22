import { Check } from '../checks/check.ts';
import type { ListedChain } from '../log/policy.ts';
import { type ReadChain, readChain } from './anchors.check.ts';
import type { ChainNode } from './chain-node.ts';

interface Reading {
  readonly node: ChainNode;
  /** What this node alone makes of the chain. */
  readonly check: Check;
  readonly chain: ReadChain | undefined;
}

/**
 * V1 for one chain by all nodes that serve it. They must tell the same, up to the last block that is final for all of them: one of two that
 * contradict each other lies, nobody can say which, and so nothing is proven by either. One that does not answer is a finding beside one that
 * does.
 */
export async function readAgreedChain(
  check: Check,
  nodes: readonly ChainNode[],
  listed: ListedChain,
  logId: string,
): Promise<ReadChain | undefined> {
  const readings = await Promise.all(nodes.map((node) => readBy(node, listed, logId)));
  const [first, ...others] = readings.filter(({ chain, check: own }) => chain !== undefined || own.invalid.count > 0);
  if (first === undefined) {
    for (const { check: own } of readings) own.tellTo(check);
    return undefined;
  }
  for (const reading of readings.filter(({ chain, check: own }) => chain === undefined && own.invalid.count === 0))
    check.findings.add({
      name: 'node-silent',
      message: `${reading.node.url}: ${reading.check.unverifiable.told[0]?.message ?? 'no answer'}`,
    });
  const other = others.find((reading) => !tellTheSame(first, reading));
  if (other !== undefined) {
    const message = `the nodes of chain ${listed.chainId} tell different things of ${listed.contract}: ${first.node.url} and ${other.node.url}`;
    check.unverifiable.add({ message });
    return undefined;
  }
  first.check.tellTo(check);
  return first.chain && { ...first.chain, nodes: [first, ...others].map(({ node }) => node) };
}

async function readBy(node: ChainNode, listed: ListedChain, logId: string): Promise<Reading> {
  const check = new Check('V1');
  return { node, check, chain: await readChain(check, node, listed, logId) };
}

function tellTheSame(left: Reading, right: Reading): boolean {
  const [one, other] = [left.chain, right.chain];
  const problemsOf = ({ check }: Reading) => JSON.stringify(check.invalid.told.map(({ message }) => message));
  if (problemsOf(left) !== problemsOf(right)) return false;
  if (one === undefined || other === undefined) return one === other;
  const final = one.final.number < other.final.number ? one.final.number : other.final.number;
  const anchorsOf = ({ anchors }: ReadChain) =>
    anchors
      .filter(({ block }) => block <= final)
      .map(({ size, root, seq, block, blockHash, tx, time }) => [size, root, seq, block, blockHash, tx, time].join(' '))
      .join('\n');
  return anchorsOf(one) === anchorsOf(other);
}
