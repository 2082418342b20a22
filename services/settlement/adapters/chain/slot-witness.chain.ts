import { ChainUnavailableFault } from '../../../chain/application/chain-faults.ts';
import { type ChainBlock, type ChainNode, finalBlockOf, hexOf } from '../../../chain/application/chain-node.ts';
import { quorumOf, type SettlementChain } from '../../application/settlement-chain.ts';
import type { SettlementChains } from '../../application/settlement-chains.ts';
import type { SlotOnChain, SlotWitness } from '../../application/slot-evidence.ts';
import type { EvidenceBlock } from '../../domain/slot.events.ts';
import { escrowContract, settlementContract } from './contract-interfaces.ts';

type Evidence = NonNullable<Awaited<ReturnType<SlotWitness['evidenceOf']>>>;

/** Asks as many nodes as have to agree, each about its own last final block; the oldest of those blocks is what all of them say. */
export class ChainSlotWitness implements SlotWitness {
  readonly #chains: SettlementChains;
  readonly #nodeAt: (url: string) => ChainNode;

  constructor(chains: SettlementChains, nodeAt: (url: string) => ChainNode) {
    this.#chains = chains;
    this.#nodeAt = nodeAt;
  }

  async evidenceOf(slot: SlotOnChain): Promise<Evidence | undefined> {
    const chain = this.#chains.find(slot.chainId);
    if (chain === undefined) return undefined;
    const said: (Evidence | undefined)[] = [];
    for (const url of chain.rpcUrls) {
      if (said.length === quorumOf(chain)) break;
      try {
        said.push(await saidBy(this.#nodeAt(url), chain, slot));
      } catch (error) {
        if (!(error instanceof ChainUnavailableFault)) throw error;
      }
    }
    if (said.length < quorumOf(chain)) throw new ChainUnavailableFault(`Too few nodes of chain ${chain.chainId} answer.`);
    return agreed(said);
  }
}

function agreed([first, ...others]: readonly (Evidence | undefined)[]): Evidence | undefined {
  if (first === undefined || others.some((other) => other?.kind !== first.kind)) return undefined;
  return (others as Evidence[]).reduce(
    (oldest, other) => (BigInt(other.block.number) < BigInt(oldest.block.number) ? other : oldest),
    first,
  );
}

async function saidBy(node: ChainNode, chain: SettlementChain, slot: SlotOnChain): Promise<Evidence | undefined> {
  const block = await finalBlockOf(node, chain.profile.finality);
  if (block === undefined) return undefined;
  if (!(await isClosed(node, slot, block))) return { kind: 'unpaid', block: evidenceBlock(block) };
  return (await wasCancelled(node, chain, slot, block)) ? { kind: 'cancelled', block: evidenceBlock(block) } : undefined;
}

async function isClosed(node: ChainNode, { module, contract, providerId, seq }: SlotOnChain, { number }: ChainBlock): Promise<boolean> {
  const ask = async (data: string) => BigInt(await node.call<string>('eth_call', { to: contract, data }, hexOf(number)));
  if (module === 'settlement') return (await ask(settlementContract.encodeFunctionData('isSettled', [providerId, seq]))) === 1n;
  const word = await ask(escrowContract.encodeFunctionData('purchasedWord', [providerId, BigInt(seq) / 256n]));
  return ((word >> (BigInt(seq) % 256n)) & 1n) === 1n;
}

async function wasCancelled(
  node: ChainNode,
  { deploymentBlock }: SettlementChain,
  { contract, providerId, seq }: SlotOnChain,
  { number }: ChainBlock,
): Promise<boolean> {
  const topics = settlementContract.encodeFilterTopics('SeqCancelled', [providerId, seq]);
  const filter = { address: contract, topics, fromBlock: hexOf(deploymentBlock), toBlock: hexOf(number) };
  const logs = await node.call<readonly { readonly removed?: boolean }[]>('eth_getLogs', filter);
  return logs.some(({ removed }) => removed !== true);
}

function evidenceBlock({ number, hash, timestamp }: ChainBlock): EvidenceBlock {
  return { number: number.toString(), hash, time: new Date(Number(timestamp) * 1000).toISOString() };
}
