import { ChainRefusedFault, ChainUnavailableFault } from '../../../chain/application/chain-faults.ts';
import type { ChainNode } from '../../../chain/application/chain-node.ts';
import { askEnough } from '../../application/enough-nodes.ts';
import { nativeToken, type SettlementChain } from '../../application/settlement-chain.ts';
import type { SettlementChains } from '../../application/settlement-chains.ts';
import type { TokenScales } from '../../application/quoting/token-scales.ts';
import { tokenContract } from './contract-interfaces.ts';

const nativeDecimals = 18;

/** Asks each token once: what it says is part of its code. */
export class ChainTokenScales implements TokenScales {
  readonly #chains: SettlementChains;
  readonly #nodeAt: (url: string) => ChainNode;
  readonly #known = new Map<string, number>();
  /** What a slow node has contradicted since it was believed: told to whoever asks next. */
  readonly #contradicted = new Map<string, ChainUnavailableFault>();

  constructor(chains: SettlementChains, nodeAt: (url: string) => ChainNode) {
    this.#chains = chains;
    this.#nodeAt = nodeAt;
  }

  async decimalsOf(chainId: string, token: string): Promise<number | undefined> {
    if (token === nativeToken) return nativeDecimals;
    const chain = this.#chains.find(chainId);
    const key = `${chainId} ${token}`;
    const contradicted = this.#contradicted.get(key);
    this.#contradicted.delete(key);
    if (contradicted !== undefined) throw contradicted;
    const known = this.#known.get(key);
    if (chain === undefined || known !== undefined) return known;
    const decimals = await this.#agreed(chain, token, (late) => {
      this.#known.delete(key);
      this.#contradicted.set(key, late);
    });
    if (decimals !== undefined) this.#known.set(key, decimals);
    return decimals;
  }

  async #agreed(
    chain: SettlementChain,
    token: string,
    onContradicted: (fault: ChainUnavailableFault) => void,
  ): Promise<number | undefined> {
    const contradiction = () => new ChainUnavailableFault(`Nodes of chain ${chain.chainId} contradict each other on token ${token}.`);
    const said = await askEnough(chain, chain.rpcUrls, async (url) => ({ decimals: await saidBy(this.#nodeAt(url), token) }), {
      onLate: ({ decimals }, [believed]) => {
        if (decimals !== believed?.decimals) onContradicted(contradiction());
      },
    });
    const decimals = new Set(said.map((answer) => answer.decimals));
    if (decimals.size > 1) throw contradiction();
    return said[0]?.decimals;
  }
}

/** Undefined where no token stands there, or one that does not say it. */
async function saidBy(node: ChainNode, token: string): Promise<number | undefined> {
  let answer: string;
  try {
    answer = await node.call<string>('eth_call', { to: token, data: tokenContract.encodeFunctionData('decimals') }, 'latest');
  } catch (error) {
    if (error instanceof ChainRefusedFault && error.revertData !== undefined) return undefined;
    throw error;
  }
  return /^0x0{62}[0-9a-f]{2}$/.test(answer) ? Number(answer) : undefined;
}
