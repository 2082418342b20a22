import { ChainNode } from '../chain/chain-node.ts';
import { readAnchorEvent, topicsOf } from '../chain/ledger-anchor.ts';
import type { StatedAnchor } from '../checks/check.ts';
import { isObject, parseJson } from '../log/canonical-json.ts';
import { instantText } from '../log/instant.ts';
import { logIdOf } from '../log/log-id.ts';
import type { CheckedEvidence, CheckedItem } from './check-evidence.ts';
import type { EvidenceItem, ShownLeaf } from './evidence.ts';
import { bytesOf } from './shown-tree.ts';

/** Looks up, in final blocks of the reader's own node, what items stand on. Throws `NodeError` where it does not answer. */
export async function lookUpOnChain({ items, genesis, toleranceSeconds }: CheckedEvidence, url: string): Promise<CheckedItem[]> {
  const chain = new EvidenceChain(new ChainNode(url), logIdOf(genesis.policy), toleranceSeconds);
  const looked: CheckedItem[] = [];
  for (const checked of items) {
    const isTold = checked.verdict === 'refuted' ? undefined : await chain.tells(checked.item);
    if (isTold === undefined) looked.push(checked);
    else if (!isTold) looked.push({ ...checked, verdict: 'refuted', why: 'the block is of another time' });
    else {
      const verdict = checked.verdict === 'if anchored' ? 'proven' : checked.verdict;
      looked.push({ ...checked, verdict, why: `${checked.why}; the chain confirms it` });
    }
  }
  return looked;
}

interface Claim {
  readonly size: string;
  readonly root: string;
  readonly anchor: StatedAnchor | undefined;
}

class EvidenceChain {
  readonly #node: ChainNode;
  readonly #logId: string;
  readonly #toleranceSeconds: number;

  constructor(node: ChainNode, logId: string, toleranceSeconds: number) {
    this.#node = node;
    this.#logId = logId;
    this.#toleranceSeconds = toleranceSeconds;
  }

  /** Does it say what the item needs? Undefined for an item that needs nothing of it, and where it does not have the block or the anchor. */
  async tells(item: EvidenceItem): Promise<boolean | undefined> {
    if (item.kind === 'root') {
      const { size, stated } = item;
      return (await this.#timeOfAnchor({ size, root: stated.root, anchor: stated.anchor })) === undefined ? undefined : true;
    }
    if (item.kind === 'before tick') {
      const time = await this.#timeOfTick(item.tick.event.data);
      return time === undefined ? undefined : atOf(item.leaf) < instantText(time - this.#toleranceSeconds);
    }
    if (item.kind !== 'behind anchor') return undefined;
    const time = await this.#timeOfAnchor({ size: item.size, root: item.tree.root, anchor: item.anchor });
    return time === undefined ? undefined : atOf(item.leaf) > instantText(time + this.#toleranceSeconds);
  }

  /** Time of the block, if it is final and anchors this; seconds since 1970. */
  async #timeOfAnchor({ size, root, anchor }: Claim): Promise<number | undefined> {
    if (anchor?.block === undefined) return undefined;
    const { chainId, contract, tx } = anchor;
    const block = BigInt(anchor.block);
    const time = await this.#timeOf(chainId, block);
    if (time === undefined) return undefined;
    const logs = await this.#node.logs(contract, topicsOf(this.#logId), block, block);
    const isThere = logs.some((log) => {
      const event = readAnchorEvent(log);
      return log.tx === tx && event?.name === 'Anchored' && event.size === BigInt(size) && event.root === `0x${root}`;
    });
    return isThere ? time : undefined;
  }

  async #timeOfTick(data: string): Promise<number | undefined> {
    const payload = parseJson(bytesOf(data).toString('utf8'));
    const fin = isObject(payload) ? payload['fin'] : undefined;
    const { chainId, blockNumber, blockHash } = isObject(fin) ? fin : {};
    if (typeof chainId !== 'string' || typeof blockNumber !== 'string' || typeof blockHash !== 'string') return undefined;
    return this.#timeOf(chainId, BigInt(blockNumber), blockHash);
  }

  async #timeOf(chainId: string, block: bigint, hash?: string): Promise<number | undefined> {
    const final = await this.#node.block('finalized');
    if ((await this.#node.chainId()) !== BigInt(chainId) || final === undefined || final.number < block) return undefined;
    const found = await this.#node.block(block);
    return found !== undefined && (hash === undefined || found.hash === hash) ? found.time : undefined;
  }
}

/** When the leaf says to be made: its entry was read before. */
function atOf({ entry }: ShownLeaf): string {
  const fields = parseJson(bytesOf(entry).toString('utf8'));
  return isObject(fields) && typeof fields['at'] === 'string' ? fields['at'] : '';
}
