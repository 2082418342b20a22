import { ledgerAccount } from '../../../accounts/domain/chart.ts';
import type { Currency } from '../../../money/currency.ts';
import { type Money, zero } from '../../../money/money.ts';
import { gainOf, type ReconciledSubject, type Reconciliation } from '../../domain/reconciliation.ts';
import { type KnownToken, tokenMoney } from '../../domain/token-amount.ts';
import type { LedgerHoldings } from './ledger-holdings.ts';
import type { NodeQuorum } from '../watching/node-quorum.ts';
import { atOneMoment, BooksMovedFault } from './one-moment.ts';
import type { ProviderDirectory } from '../provider-directory.ts';
import type { OpeningBalance, ReconciliationStore } from './reconciliation-store.ts';
import { nativeToken, type SettlementChain } from '../settlement-chain.ts';
import { watchedAddresses } from '../watching/watched-addresses.ts';
import type { EscrowPurse } from '../watching/watched-node.ts';
import type { Checkpoint, HeldCoins, WatchCursor, WatchedLog, WatcherStore } from '../watching/watcher-store.ts';

export interface ChainReconciliationOptions {
  readonly chain: SettlementChain;
  readonly nodes: NodeQuorum;
  readonly store: WatcherStore;
  readonly reconciliations: Pick<ReconciliationStore, 'openings' | 'open'>;
  readonly providers: Pick<ProviderDirectory, 'slugOf'>;
  readonly holdings: LedgerHoldings;
}

/** One provider's money of one kind, in one token, and the final block at which it is compared. */
interface Pile {
  readonly provider: string;
  readonly providerId: string;
  readonly subject: Exclude<ReconciledSubject, 'credit'>;
  readonly token: KnownToken;
  readonly at: Checkpoint;
  readonly holders: readonly string[];
  readonly purses: readonly EscrowPurse[];
  /** In units: what the ledger already has of later blocks. */
  readonly ahead: bigint;
}

interface Moment {
  readonly piles: readonly Pile[];
  readonly ledger: readonly Money[];
  readonly coins: readonly HeldCoins[];
}

/** Holds what treasuries and the escrow have on one chain after a final block, by its hash, against the books of each provider. */
export class ChainReconciliation {
  readonly #options: ChainReconciliationOptions;

  constructor(options: ChainReconciliationOptions) {
    this.#options = options;
  }

  /** Throws `ChainFault` where nodes do not tell, and `BooksMovedFault` where the books are behind. */
  async compare(): Promise<Reconciliation[]> {
    const { chain, store, reconciliations } = this.#options;
    const { chainId } = chain;
    const { result } = await atOneMoment(store, [chainId], (cursors) => this.#read(cursors.get(chainId) ?? []));
    const { piles, ledger, coins } = result;
    const openings = await reconciliations.openings(chainId);
    const compared: Reconciliation[] = [];
    for (const [index, pile] of piles.entries()) compared.push(await this.#compared(pile, ledger[index] as Money, { coins, openings }));
    return sumsOf(compared);
  }

  async #read(cursors: readonly WatchCursor[]): Promise<Moment> {
    const piles = [...(await this.#treasuries(cursors)), ...(await this.#escrows(cursors))];
    const ledger: Money[] = [];
    for (const { provider, subject, token } of piles) {
      const place = ledgerAccount.tokenHolding(subject, this.#options.chain.chainId, token.currency);
      ledger.push(...(await this.#options.holdings.balances(provider, [{ ledgerAccount: place, currency: token.currency }])));
    }
    return { piles, ledger, coins: await this.#options.store.balances(this.#options.chain.chainId) };
  }

  async #treasuries(cursors: readonly WatchCursor[]): Promise<Pile[]> {
    const { chain, store } = this.#options;
    const ours = cursors.filter(({ module }) => module !== 'token').map(({ finalized }) => finalized.number);
    const final = ours.reduce((highest, number) => (number > highest ? number : highest), 0n);
    const piles: Pile[] = [];
    for (const token of chain.tokens) {
      const at = cursors.find(({ address }) => address === token.address)?.finalized;
      if (at === undefined) continue;
      const later = await store.inBlocks(chain.chainId, { from: at.number + 1n, to: final });
      for (const [providerId, holders] of treasuriesIn(await watchedAddresses(store, chain.chainId, at.number))) {
        const ahead = gains(later, { providerId, holders, token: token.address });
        piles.push(...this.#pile(providerId, { subject: 'treasury', token, at, holders, purses: [], ahead }));
      }
    }
    return piles;
  }

  async #escrows(cursors: readonly WatchCursor[]): Promise<Pile[]> {
    const { chain, store } = this.#options;
    const { escrow } = chain.contracts;
    const at = cursors.find(({ address }) => address === escrow)?.finalized;
    if (escrow === undefined || at === undefined) return [];
    const bought = await store.named(chain.chainId, ['Purchased'], at.number);
    const purses = new Map<string, EscrowPurse>();
    for (const { providerId, log } of bought) {
      if (log.name !== 'Purchased' || providerId === undefined) continue;
      const { eventId, token } = log;
      purses.set(`${providerId} ${eventId} ${token}`, { escrow, providerId, eventId, token });
    }
    return [...Map.groupBy(purses.values(), ({ providerId, token }) => `${providerId} ${token}`).values()].flatMap((some) => {
      const { providerId, token: address } = some[0] as EscrowPurse;
      const token = chain.tokens.find((known) => known.address === address);
      return token === undefined ? [] : this.#pile(providerId, { subject: 'escrow', token, at, holders: [], purses: some, ahead: 0n });
    });
  }

  /** Providers of somebody else have other books. */
  #pile(providerId: string, pile: Omit<Pile, 'provider' | 'providerId'>): Pile[] {
    const provider = this.#options.providers.slugOf(providerId);
    return provider === undefined ? [] : [{ ...pile, provider, providerId }];
  }

  async #compared(
    pile: Pile,
    inLedger: Money,
    { coins, openings }: { readonly coins: readonly HeldCoins[]; readonly openings: readonly OpeningBalance[] },
  ): Promise<Reconciliation> {
    const { chainId } = this.#options.chain;
    const { provider, subject, token, at, holders, purses, ahead } = pile;
    let [units, opening] = [0n, 0n];
    for (const holder of holders) {
      const has = await this.#balance(pile, holder, coins);
      units += has;
      const known = openings.find((entry) => entry.holder === holder && entry.token === token.address);
      opening += known?.units ?? (await this.#open(pile, holder, has));
    }
    for (const purse of purses) {
      const what = `what the escrow holds after block ${at.number}`;
      units += await this.#options.nodes.agreedFinal(at.number, what, (node) => node.held(purse, at.hash), String);
    }
    const money = (amount: bigint): Money => tokenMoney(amount.toString(), token);
    return {
      ...{ provider, subject, chainId, currency: token.currency, inLedger, onChain: money(units), opening: money(opening) },
      ...{ blocks: [{ chainId, number: at.number.toString(), hash: at.hash }], inFlight: money(-ahead) },
    };
  }

  async #balance({ token, at }: Pile, holder: string, coins: readonly HeldCoins[]): Promise<bigint> {
    if (token.address !== nativeToken) {
      const what = `the balance of ${holder} after block ${at.number}`;
      return this.#options.nodes.agreedFinal(at.number, what, (node) => node.balance(token.address, holder, at.hash), String);
    }
    // Looked at when the block was compared: nodes need not know its state any more.
    const held = coins.find((entry) => entry.holder === holder && entry.at.number === at.number);
    if (held === undefined) throw new BooksMovedFault(`The coins of ${holder} were not looked at yet.`);
    return held.units;
  }

  /** What the address had before the first log that tells of it. */
  async #open({ providerId, token, at }: Pile, holder: string, has: bigint): Promise<bigint> {
    const { chain, store, reconciliations } = this.#options;
    let gained = 0n;
    for await (const log of store.standing(chain.chainId, at.number))
      gained += gains([log], { providerId, holders: [holder], token: token.address });
    await reconciliations.open({ chainId: chain.chainId, token: token.address, holder, units: has - gained });
    return has - gained;
  }
}

function gains(
  logs: readonly WatchedLog[],
  { providerId, holders, token }: { readonly providerId: string; readonly holders: readonly string[]; readonly token: string },
): bigint {
  const own = logs.filter((log) => log.providerId === providerId);
  return own.reduce((sum, { log }) => holders.reduce((gained, holder) => gained + gainOf(log, { holder, token }), sum), 0n);
}

/** By provider, current and past. An address that is a refunder first is none. */
function treasuriesIn(watched: Awaited<ReturnType<typeof watchedAddresses>>): Map<string, string[]> {
  const firsts = new Map(watched.toReversed().map((entry) => [`${entry.providerId} ${entry.address}`, entry]));
  const treasuries = [...firsts.values()].filter(({ role }) => role === 'treasury');
  const byProvider = Map.groupBy(treasuries, ({ providerId }) => providerId);
  return new Map([...byProvider].map(([providerId, entries]) => [providerId, entries.map(({ address }) => address)]));
}

/** Several tokens of a chain may be one currency of the books, which then hold their sum. */
function sumsOf(compared: readonly Reconciliation[]): Reconciliation[] {
  const groups = Map.groupBy(compared, ({ provider, subject, currency }) => `${provider} ${subject} ${currency}`);
  return [...groups.values()].map((group) => {
    const [first] = group as [Reconciliation, ...Reconciliation[]];
    return { ...first, onChain: sum(group, 'onChain'), opening: sum(group, 'opening'), inFlight: sum(group, 'inFlight') };
  });
}

function sum(group: readonly Reconciliation[], side: 'onChain' | 'opening' | 'inFlight'): Money {
  const { currency } = group[0] as { readonly currency: Currency };
  return group.reduce((total, each) => ({ ...total, amount: total.amount + each[side].amount }), zero(currency));
}
