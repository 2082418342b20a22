import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { type AgreedMandate, mandate, type OfferedMandate, type RevokedMandate } from '../../domain/mandate.ts';
import type { KnownToken } from '../../domain/token-amount.ts';
import type { MandateDesk } from './mandate-desk.ts';
import { type RevocationStanding, revocationStanding } from './revocation-standing.ts';
import { mandateStream } from '../sending/sending-streams.ts';
import type { SettlementChains } from '../settlement-chains.ts';

/** Mandates of an account by their payers, the newest first; implemented by the read model of them. */
export interface AccountMandates {
  ofAccount(
    provider: string,
    page: { readonly account: string; readonly payer: string; readonly limit: number },
  ): Promise<{ readonly mandates: readonly { readonly mandate: string }[] }>;
}

/** A wallet that has signed in, and the account that the link is of. */
export interface MandateHolder {
  readonly provider: string;
  readonly account: string;
  /** 0x and 40 lower-case hex. */
  readonly payer: string;
}

export type KnownMandate = OfferedMandate | AgreedMandate | RevokedMandate;

/** In units of the token. */
interface Usage {
  readonly collected: bigint;
  /** What the wallet has allowed the contract, over all mandates. */
  readonly allowed: bigint;
}

/** A mandate as its payer sees it: with what was collected under it, and what its wallet still has to allow. */
export interface WalletMandate {
  readonly state: KnownMandate;
  readonly token: KnownToken;
  /** How far its end is on the chain, where we bring it there. */
  readonly revocation?: RevocationStanding | undefined;
  /**
   * Absent for one that is over: its chain is not asked any more, however many a wallet has ended. `toAllow`: what the wallet has to allow for
   * everything that it agreed to and this one; the same as `allowed` where nothing is to be done.
   */
  readonly usage?: Usage & { readonly toAllow: bigint };
}

interface Seen extends Omit<WalletMandate, 'usage'> {
  readonly usage?: Usage;
}

const listedMax = 200;

export interface WalletMandatesOptions {
  readonly executor: CommandExecutor;
  readonly mandates: AccountMandates;
  readonly desk: MandateDesk;
  readonly chains: SettlementChains;
}

/** What a wallet has agreed to for an account. What another wallet agreed to is not there. */
export class WalletMandates {
  readonly #options: WalletMandatesOptions;

  constructor(options: WalletMandatesOptions) {
    this.#options = options;
  }

  /** The newest first. `also`: one that was offered just now, before it is listed. */
  async of(holder: MandateHolder, also?: string): Promise<WalletMandate[]> {
    const { provider, account, payer } = holder;
    const { mandates } = await this.#options.mandates.ofAccount(provider, { account, payer, limit: listedMax });
    const listed = mandates.map((each) => each.mandate);
    const ids = also === undefined || listed.includes(also) ? listed : [also, ...listed];
    const known = (await Promise.all(ids.map((id) => this.#find(holder, id)))).filter((each) => each !== undefined);
    const seen = await Promise.all(known.map((state) => this.#seen(provider, state)));
    return seen.filter((each) => each !== undefined).map((each, _, all) => withAllowance(each, all));
  }

  async find(holder: MandateHolder, id: string): Promise<WalletMandate | undefined> {
    if ((await this.#find(holder, id)) === undefined) return undefined;
    return (await this.of(holder, id)).find(({ state }) => state.offered.mandate === id);
  }

  async #find({ provider, account, payer }: MandateHolder, id: string): Promise<KnownMandate | undefined> {
    const state = await this.#options.executor.current(mandate, mandateStream(provider, id), provider);
    const isOurs = state.status !== 'none' && state.offered.account === account && state.offered.terms.payer === payer;
    return isOurs ? state : undefined;
  }

  /** Undefined for a mandate of a chain or in a token that is configured no more: nothing is collected under it. */
  async #seen(provider: string, state: KnownMandate): Promise<Seen | undefined> {
    const { chains, desk } = this.#options;
    const { chainId, contract, terms } = state.offered;
    const token = chains.find(chainId)?.tokens.find(({ address }) => address === terms.token);
    if (token === undefined) return undefined;
    if (state.status === 'revoked') return { state, token, revocation: await revocationStanding(this.#options, provider, state) };
    return { state, token, usage: await desk.usageOf({ chainId, contract }, { mandate: state.offered.mandate, terms }) };
  }
}

/** The allowance is one for all that a wallet agreed to in a token, so that it has to reach for all of it. */
function withAllowance({ usage, ...of }: Seen, all: readonly Seen[]): WalletMandate {
  if (usage === undefined) return of;
  const { chainId, contract, mandate: id } = of.state.offered;
  let needed = 0n;
  for (const { state, token, usage: used } of all) {
    const { offered } = state;
    const isTogether = token.address === of.token.address && offered.chainId === chainId && offered.contract === contract;
    if (!isTogether || used === undefined || (state.status !== 'agreed' && offered.mandate !== id)) continue;
    needed += BigInt(offered.terms.totalCap) - used.collected;
  }
  return { ...of, usage: { ...usage, toAllow: usage.allowed >= needed ? usage.allowed : needed } };
}
