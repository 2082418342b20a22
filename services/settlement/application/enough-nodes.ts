import { ChainFault, ChainUnavailableFault } from '../../chain/application/chain-faults.ts';
import { quorumOf, type SettlementChain } from './settlement-chain.ts';
import { moment } from './until-enough.ts';

export interface EnoughOptions<Answer> {
  /** How long those that were asked are waited for before another one is asked beside them. */
  readonly slowMs?: number;
  /** Hears what was said too late to count, and what counted. */
  readonly onLate?: (answer: Answer, said: readonly Answer[]) => void;
}

/** Most nodes answer within a tenth of that. */
const slowMsDefault = 500;

/**
 * What as many nodes of a chain say as have to agree: the first that answer. As many are asked at once, and another one for each that fails or is
 * slow, so that one slow node slows no question. `undefined` of a node means that it does not know; that and its fault leave it out. What
 * the answers come to together is for the caller. Throws `ChainUnavailableFault` where too few answer.
 */
export async function askEnough<Node, Answer extends object>(
  chain: Pick<SettlementChain, 'chainId' | 'rpcUrls'>,
  nodes: Iterable<Node>,
  ask: (node: Node) => Promise<Answer | undefined>,
  { slowMs = slowMsDefault, onLate }: EnoughOptions<Answer> = {},
): Promise<readonly Answer[]> {
  const quorum = quorumOf(chain);
  const [left, said, open] = [[...nodes], [] as Answer[], new Set<Promise<void>>()];
  let [slow, isOver] = [0, false];
  const begin = (node: Node) => {
    const asked = ask(node)
      .catch(unlessChainFault)
      .then((answer) => {
        open.delete(asked);
        if (answer !== undefined && isOver) onLate?.(answer, said);
        else if (answer !== undefined) said.push(answer);
      });
    open.add(asked);
  };
  while (said.length < quorum) {
    const missing = Math.max(0, quorum + slow - said.length - open.size);
    for (const node of left.splice(0, missing)) begin(node);
    if (open.size === 0) throw new ChainUnavailableFault(`Too few nodes of chain ${chain.chainId} answer.`);
    let isSlow = false;
    await Promise.race([...open, moment(slowMs).then(() => (isSlow = true))]);
    if (isSlow) slow++;
  }
  isOver = true;
  return said.slice(0, quorum);
}

/** Another node may answer. */
function unlessChainFault(error: unknown): undefined {
  if (!(error instanceof ChainFault)) throw error;
}
