import { Check } from '../checks/check.ts';
import type { ListedChain } from '../log/policy.ts';
import { type ReadChain, readChain } from './anchors.check.ts';
import type { ChainNode } from './chain-node.ts';
import { NodeError } from './node-error.ts';

interface Reading {
  readonly node: ChainNode;
  /** What this node alone makes of the chain. */
  readonly check: Check;
  readonly chain: ReadChain | undefined;
  /** It said nothing that could be compared. */
  readonly isSilent: boolean;
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
  const [first, ...others] = readings.filter(({ isSilent }) => !isSilent);
  if (first === undefined) {
    for (const { check: own } of readings) own.tellTo(check);
    return undefined;
  }
  for (const { node, check: own } of readings.filter(({ isSilent }) => isSilent))
    check.findings.add({ name: 'node-silent', message: `${node.url}: ${own.unverifiable.told[0]?.message ?? 'no answer'}` });
  for (const other of others) {
    if (await tellTheSame(first, other)) continue;
    const message = `the nodes of chain ${listed.chainId} tell different things of ${listed.contract}: ${first.node.url} and ${other.node.url}`;
    check.unverifiable.add({ message });
    return undefined;
  }
  first.check.tellTo(check);
  return first.chain && { ...first.chain, nodes: [first, ...others].map(({ node }) => node) };
}

async function readBy(node: ChainNode, listed: ListedChain, logId: string): Promise<Reading> {
  const check = new Check('V1');
  try {
    return { node, check, chain: await readChain(check, node, listed, logId), isSilent: false };
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    check.unverifiable.add({ message: `the node of chain ${listed.chainId} does not answer: ${error.message}` });
    return { node, check, chain: undefined, isSilent: error.failure !== 'nonsense' };
  }
}

async function tellTheSame(left: Reading, right: Reading): Promise<boolean> {
  const [one, other] = [left.chain, right.chain];
  if (problemsOf(left) !== problemsOf(right)) return false;
  if (one === undefined || other === undefined) return one === other;
  const final = one.final.number < other.final.number ? one.final.number : other.final.number;
  return anchorsUpTo(one, final) === anchorsUpTo(other, final) && (await hashAt(left, final)) === (await hashAt(right, final));
}

function problemsOf({ check: { invalid, unverifiable } }: Reading): string {
  return [...invalid.told, ...unverifiable.told].map(({ message }) => message).join('\n');
}

function anchorsUpTo({ anchors }: ReadChain, final: bigint): string {
  return anchors
    .filter(({ block }) => block <= final)
    .map(({ size, root, seq, block, blockHash, tx, time }) => [size, root, seq, block, blockHash, tx, time].join(' '))
    .join('\n');
}

/** Undefined for a node that does not have the block any more. */
async function hashAt({ node, chain }: Reading, number: bigint): Promise<string | undefined> {
  if (chain?.final.number === number) return chain.final.hash;
  try {
    return (await node.block(number))?.hash;
  } catch (error) {
    if (error instanceof NodeError) return undefined;
    throw error;
  }
}
