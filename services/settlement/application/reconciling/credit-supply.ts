import { ledgerAccount } from '../../../accounts/domain/chart.ts';
import { isCurrency } from '../../../money/currency.ts';
import type { Money } from '../../../money/money.ts';
import { type ReconciledBlock, type Reconciliation, supplyGainOf } from '../../domain/reconciliation.ts';
import { type KnownToken, tokenMoney } from '../../domain/token-amount.ts';
import type { LedgerHoldings } from './ledger-holdings.ts';
import type { NodeQuorum } from '../watching/node-quorum.ts';
import { atOneMoment, type ChainCursors } from './one-moment.ts';
import type { ProviderDirectory } from '../provider-directory.ts';
import type { Checkpoint, WatcherStore } from '../watching/watcher-store.ts';

export interface CreditSupplyOptions {
  /** By chain. */
  readonly nodes: ReadonlyMap<string, NodeQuorum>;
  readonly store: WatcherStore;
  readonly providers: Pick<ProviderDirectory, 'slugOf'>;
  readonly holdings: LedgerHoldings;
}

/** Credit of a provider on one chain, up to the head that was observed. */
interface IssuedCredit {
  readonly provider: string;
  readonly chainId: string;
  readonly token: KnownToken;
  readonly head: Checkpoint;
  /** By what is seen of it and not final. */
  readonly inFlight: bigint;
}

interface Owed {
  readonly credits: readonly IssuedCredit[];
  readonly inLedger: Money;
}

/**
 * What is about of prepaid credit, in the state after the very block that was observed last, has to be what the books owe for it and what was
 * seen up to that block and is not final. Books hold the credit of all chains together, and so does each comparison.
 */
export class CreditSupply {
  readonly #options: CreditSupplyOptions;

  constructor(options: CreditSupplyOptions) {
    this.#options = options;
  }

  /** One for each provider and currency. Throws `ChainFault` where nodes do not tell, and `BooksMovedFault` where the books are behind. */
  async compare(): Promise<Reconciliation[]> {
    const { nodes, store } = this.#options;
    const { result } = await atOneMoment(store, [...nodes.keys()], (cursors) => this.#owed(cursors));
    return Promise.all(result.map((owed) => this.#compared(owed)));
  }

  async #owed(cursors: ChainCursors): Promise<Owed[]> {
    const credits: IssuedCredit[] = [];
    for (const chainId of cursors.keys()) credits.push(...(await this.#creditsOn(chainId, cursors)));
    const owed: Owed[] = [];
    for (const group of Map.groupBy(credits, ({ provider, token }) => `${provider} ${token.currency}`).values()) {
      const [{ provider, token }] = group as [IssuedCredit, ...IssuedCredit[]];
      const { currency } = token;
      const { amount } = await this.#options.holdings.ofAll(provider, { ledgerAccount: ledgerAccount.strayCredit, currency });
      owed.push({ credits: group, inLedger: { currency, amount: -amount } });
    }
    return owed;
  }

  async #creditsOn(chainId: string, cursors: ChainCursors): Promise<IssuedCredit[]> {
    const { store, providers } = this.#options;
    const created = await store.named(chainId, ['CreditCreated'], farAway);
    const credits: IssuedCredit[] = [];
    for (const { address, providerId, observed: head, finalized } of cursors.get(chainId) ?? []) {
      const provider = providerId === undefined ? undefined : providers.slugOf(providerId);
      const token = tokenIn(created, address);
      if (provider === undefined || token === undefined) continue;
      const later = await store.inBlocks(chainId, { from: finalized.number + 1n, to: head.number });
      const own = later.filter(({ contract }) => contract === address);
      credits.push({ provider, chainId, token, head, inFlight: own.reduce((sum, { log }) => sum + supplyGainOf(log), 0n) });
    }
    return credits;
  }

  async #compared({ credits, inLedger }: Owed): Promise<Reconciliation> {
    const { provider } = credits[0] as IssuedCredit;
    const { currency } = inLedger;
    let [onChain, inFlight] = [0n, 0n];
    const blocks: ReconciledBlock[] = [];
    for (const { chainId, token, head, inFlight: units } of credits) {
      const nodes = this.#options.nodes.get(chainId) as NodeQuorum;
      const supply = await nodes.agreed(`the supply after block ${head.number}`, (node) => node.supply(token.address, head.hash), String);
      onChain += tokenMoney(supply.toString(), token).amount;
      inFlight += tokenMoney(units.toString(), token).amount;
      blocks.push({ chainId, number: head.number.toString(), hash: head.hash });
    }
    const money = (amount: bigint): Money => ({ amount, currency });
    const sides = { onChain: money(onChain), opening: money(0n), inLedger, inFlight: money(inFlight) };
    return { provider, subject: 'credit', currency, blocks, ...sides };
  }
}

const farAway = 2n ** 62n;

/** What the factory's log says of a credit; undefined for one in a currency that the books do not keep. */
function tokenIn(created: Awaited<ReturnType<WatcherStore['named']>>, address: string): KnownToken | undefined {
  const log = created.map((entry) => entry.log).find((each) => 'fields' in each && each.fields['token'] === address);
  if (log === undefined || !('fields' in log)) return undefined;
  const currency = Buffer.from((log.fields['currency'] as string).slice(2), 'hex').toString('latin1');
  return isCurrency(currency) ? { address, currency, decimals: Number(log.fields['decimals']) } : undefined;
}
