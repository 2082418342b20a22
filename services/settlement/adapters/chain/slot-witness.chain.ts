import { chainBlockOf } from '../../application/watching/chain-block.ts';
import { askEnough } from '../../application/enough-nodes.ts';
import type { SettlementChain } from '../../application/settlement-chain.ts';
import type { SettlementChains } from '../../application/settlement-chains.ts';
import type { SlotOnChain, SlotWitness } from '../../application/checkout/slot-evidence.ts';
import type { SlotPayments } from '../../application/checkout/slot-payments.ts';
import type { WatchedBlock, WatchedNode } from '../../application/watching/watched-node.ts';
import type { EvidenceBlock } from '../../domain/slot.events.ts';

export interface ChainSlotWitnessOptions {
  readonly chains: SettlementChains;
  readonly nodesOf: (chain: SettlementChain) => readonly WatchedNode[];
  readonly payments: Pick<SlotPayments, 'cancellationAt'>;
}

type Evidence = Awaited<ReturnType<SlotWitness['evidenceOf']>>;

/**
 * Asks as many nodes as have to agree whether the slot is closed; the oldest of their last final blocks is what all of them say. A closed
 * slot never opens again, so one that is open in the newest block was open in the final one below it: no node has to know the state of an
 * older block. How a slot was closed is in the books, where the watcher wrote it: no node is asked for the logs of years.
 */
export class ChainSlotWitness implements SlotWitness {
  readonly #options: ChainSlotWitnessOptions;

  constructor(options: ChainSlotWitnessOptions) {
    this.#options = options;
  }

  async evidenceOf(slot: SlotOnChain): Promise<Evidence> {
    const { chains, nodesOf, payments } = this.#options;
    const chain = chains.find(slot.chainId);
    if (chain === undefined) return undefined;
    const cancelled = await payments.cancellationAt(slot.provider, slot);
    if (cancelled !== undefined) return { kind: 'cancelled', block: cancelled };
    const said = await askEnough(chain, nodesOf(chain), (node) => saidBy(node, slot));
    return said.some(({ isClosed }) => isClosed) ? undefined : { kind: 'unpaid', block: evidenceBlock(said.map(({ final }) => final)) };
  }
}

interface Said {
  readonly isClosed: boolean;
  readonly final: WatchedBlock;
}

/** Undefined for a node that lags behind itself, or does not know its own newest block any more. */
async function saidBy(node: WatchedNode, { module, contract, providerId, seq }: SlotOnChain): Promise<Said | undefined> {
  const [word, bit] = [BigInt(seq) / 256n, BigInt(seq) % 256n];
  const view = module === 'settlement' ? 'settledWord' : 'purchasedWord';
  const { latest, finalized } = await node.heads();
  if (latest.number < finalized.number) return undefined;
  const closed = await node.slots({ contract, view, providerId, word }, latest.hash);
  return closed === undefined ? undefined : { isClosed: ((closed >> bit) & 1n) === 1n, final: finalized };
}

function evidenceBlock(blocks: readonly WatchedBlock[]): EvidenceBlock {
  return chainBlockOf(blocks.reduce((oldest, block) => (block.number < oldest.number ? block : oldest)));
}
