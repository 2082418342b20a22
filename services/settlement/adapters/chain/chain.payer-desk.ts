import { ChainRefusedFault } from '../../../chain/application/chain-faults.ts';
import type { ChainNode } from '../../../chain/application/chain-node.ts';
import { amountText } from '../../../money/money.ts';
import type {
  Need,
  PayerDesk,
  PayWay,
  PreparedPayment,
  Refusal,
  SeenTransaction,
  SentTransaction,
  WalletTransaction,
} from '../../application/checkout/payer-desk.ts';
import type { SettlementChain } from '../../application/settlement-chain.ts';
import type { SettlementChains } from '../../application/settlement-chains.ts';
import { zeroAddress } from '../../domain/quote.ts';
import { type IssuedQuote, tokenOf } from '../../domain/slot.ts';
import { type KnownToken, tokenMoney } from '../../domain/token-amount.ts';
import { tokenContract } from './contract-interfaces.ts';
import { approvals, plainPayment, type SignedPayment, signedPayment, unitsOf } from './pay-calldata.ts';
import { payerAccount, takesSignature } from './payer-account.ts';
import { sentTransaction, successorOf } from './sent-transactions.ts';
import { simulate } from './simulation.ts';
import { signedWays } from './token-signing.ts';

/** Gas of a payment that cannot be estimated because something else is short: the dearest way, with a fee. */
const gasDefault = 180_000n;
const insufficientAllowance = 'ERC20InsufficientAllowance';

const headFreshMs = 1_000;

interface Place {
  readonly node: ChainNode;
  readonly chain: SettlementChain;
  /** Asked for by everybody who waits for a payment to become final. */
  head?: { readonly told: Promise<bigint>; readonly atMs: number };
}

export class ChainPayerDesk implements PayerDesk {
  readonly #places = new Map<string, Place>();

  /** `nodeOf`: the node of a chain that payers may make us ask. */
  constructor(chains: SettlementChains, nodeOf: (chain: SettlementChain) => ChainNode) {
    for (const chain of chains.all()) this.#places.set(chain.chainId, { chain, node: nodeOf(chain) });
  }

  async prepare(quote: IssuedQuote, payer: string): Promise<PreparedPayment> {
    const { node, chain } = this.#placeOf(quote.chainId);
    const isNative = tokenOf(quote.terms) === zeroAddress;
    const pay = plainPayment(quote, payer);
    const outcome = await simulate(node, pay);
    const allowance = isNative ? undefined : await tokenAmount(node, quote, 'allowance', [payer, quote.contract]);
    const needs = await needsOf(node, { quote, payer, pay, allowance, isPayable: outcome === undefined });
    const missesAllowance = allowance !== undefined && allowance < unitsOf(quote.terms);
    const ways: PayWay[] =
      allowance === undefined
        ? [{ method: 'native', transactions: [pay] }]
        : [
            ...relayedFirst(await signedBeside(node, quote, { payer, allowance }), chain.relaysPayments === true),
            { method: 'allowance', transactions: missesAllowance ? [...approvals(quote, payer, allowance), pay] : [pay] },
          ];
    const isGasOurs = ways[0]?.isRelayed === true;
    const short = shortage(needs, { tokens: chain.tokens, token: tokenOf(quote.terms), isGasOurs });
    const refusal = short ?? (missesAllowance && outcome?.code === insufficientAllowance ? undefined : outcome);
    const account = await payerAccount(node, payer, chain.display?.sweepers ?? []);
    return { ways, needs, account, ...(refusal !== undefined && { refusal }) };
  }

  async signed(quote: IssuedQuote, by: SignedPayment) {
    const { node } = this.#placeOf(quote.chainId);
    const transaction = signedPayment(quote, by);
    if (transaction === undefined) return undefined;
    const refusal = (await signatureRefusal(node, quote, by)) ?? (await simulate(node, transaction));
    return { transaction, ...(refusal !== undefined && { refusal }) };
  }

  sent(chainId: string, tx: string): Promise<SentTransaction> {
    return sentTransaction(this.#placeOf(chainId).node, tx);
  }

  successor(chainId: string, seen: SeenTransaction): Promise<SentTransaction> {
    return successorOf(this.#placeOf(chainId).node, seen);
  }

  coinLink(quote: IssuedQuote): string | undefined {
    if (tokenOf(quote.terms) !== zeroAddress) return undefined;
    const { to, value, data } = plainPayment(quote, zeroAddress);
    return `ethereum:${to}@${quote.chainId}?value=${BigInt(value)}&data=${data}`;
  }

  async head(chainId: string): Promise<bigint> {
    const place = this.#placeOf(chainId);
    const now = performance.now();
    if (place.head === undefined || now - place.head.atMs >= headFreshMs)
      place.head = { told: place.node.call<string>('eth_blockNumber').then(BigInt), atMs: now };
    return place.head.told;
  }

  #placeOf(chainId: string): Place {
    const place = this.#places.get(chainId);
    if (place === undefined) throw new RangeError(`Chain ${chainId} is not configured.`);
    return place;
  }
}

/** An account that runs code answers for its signatures by that code, and some codes know no signatures at all. */
async function signatureRefusal(node: ChainNode, quote: IssuedQuote, by: SignedPayment): Promise<Refusal | undefined> {
  const { payer, method, signature, nonce } = by;
  if ((await payerAccount(node, payer, [])).kind === 'key') return undefined;
  const sign = (await signedWays(node, quote, payer)).find((each) => each.method === method)?.sign;
  if (sign === undefined) return undefined;
  const message = method === 'permit2' ? { ...sign.message, nonce } : sign.message;
  if (await takesSignature(node, payer, { ...sign, message }, signature)) return undefined;
  return {
    code: 'signature_not_taken',
    text: 'Your wallet runs the code of a contract that does not stand by this signature. Nothing was paid; pay by a transaction instead.',
  };
}

/**
 * The ways by a signature. An allowance of exactly this amount was given for this payment, and is used. Any other is there for something else, such as
 * what a mandate collects: it is left alone where a signature over the transfer itself does, and a permit, which would put this amount in its place, comes last.
 */
async function signedBeside(
  node: ChainNode,
  quote: IssuedQuote,
  { payer, allowance }: { readonly payer: string; readonly allowance: bigint },
): Promise<PayWay[]> {
  const units = unitsOf(quote.terms);
  if (allowance === units) return [];
  const ways = await signedWays(node, quote, payer);
  if (allowance === 0n) return ways;
  const [overwriting, others] = [ways.filter(({ method }) => method === 'permit'), ways.filter(({ method }) => method !== 'permit')];
  return allowance > units ? others : [...others, ...overwriting];
}

/** What we can bring to the contract ourselves goes first: the payer signs once and pays no gas. */
function relayedFirst(ways: readonly PayWay[], isRelaying: boolean): PayWay[] {
  if (!isRelaying) return [...ways];
  const isRelayable = ({ method }: PayWay) => method === 'authorization' || method === 'permit2';
  return [...ways.filter(isRelayable).map((way) => ({ ...way, isRelayed: true })), ...ways.filter((way) => !isRelayable(way))];
}

interface Needing {
  readonly quote: IssuedQuote;
  readonly payer: string;
  readonly pay: WalletTransaction;
  readonly allowance: bigint | undefined;
  readonly isPayable: boolean;
}

/** Balance, allowance and gas are three things, and the payer is told which of them is short. */
async function needsOf(node: ChainNode, { quote, payer, pay, allowance, isPayable }: Needing): Promise<Need[]> {
  const units = unitsOf(quote.terms);
  const isNative = allowance === undefined;
  const coins = BigInt(await node.call<string>('eth_getBalance', payer, 'latest'));
  const gas = isPayable ? await gasOf(node, pay) : gasDefault;
  const gasCost = gas * BigInt(await node.call<string>('eth_gasPrice'));
  const balance = isNative ? coins : await tokenAmount(node, quote, 'balanceOf', [payer]);
  const left = isNative ? (coins > units ? coins - units : 0n) : coins;
  return [need('balance', units, balance), ...(isNative ? [] : [need('allowance', units, allowance)]), need('gas', gasCost, left)];
}

/** What goes through in the next block alone cannot be estimated in the newest one. */
async function gasOf(node: ChainNode, pay: WalletTransaction): Promise<bigint> {
  try {
    return BigInt(await node.call<string>('eth_estimateGas', pay));
  } catch (error) {
    if (!(error instanceof ChainRefusedFault) || error.revertData === undefined) throw error;
    return gasDefault;
  }
}

function need(of: Need['of'], needed: bigint, held: bigint): Need {
  return { of, needed: needed.toString(), held: held.toString(), isEnough: held >= needed };
}

interface Shortage {
  readonly tokens: readonly KnownToken[];
  readonly token: string;
  readonly isGasOurs: boolean;
}

/** An allowance is no shortage: it is part of paying. Gas is none where we pay it. */
function shortage(needs: readonly Need[], { tokens, token, isGasOurs }: Shortage): Refusal | undefined {
  const short = needs.find(({ of, isEnough }) => !isEnough && (of === 'balance' || (of === 'gas' && !isGasOurs)));
  if (short === undefined) return undefined;
  const amount = (units: string, address: string) => {
    const known = tokens.find((each) => each.address === address);
    return known === undefined ? `${units} units` : `${amountText(tokenMoney(units, known))} ${known.currency}`;
  };
  if (short.of === 'balance') {
    const text = `The wallet holds too little to pay the amount: ${amount(short.held, token)}, and ${amount(short.needed, token)} are needed.`;
    return { code: 'balance_short', text };
  }
  const text = `The wallet holds the amount, but too little of the chain's own coin for the fee: ${amount(short.held, zeroAddress)} are left for it, and about ${amount(short.needed, zeroAddress)} are needed.`;
  return { code: 'gas_short', text };
}

async function tokenAmount(node: ChainNode, { terms }: IssuedQuote, name: 'allowance' | 'balanceOf', values: readonly string[]) {
  const answer = await node.call<string>(
    'eth_call',
    { to: tokenOf(terms), data: tokenContract.encodeFunctionData(name, values) },
    'latest',
  );
  return tokenContract.decodeFunctionResult(name, answer)[0] as bigint;
}
