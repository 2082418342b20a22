import { MaxUint256, type Wallet, ZeroAddress } from 'ethers';
import type { SettlementChain } from '../../bench/support/settlement-chain.ts';
import { type Quote, signedAuthorization, signedPermit, signedPermit2 } from '../../bench/support/settlement-signing.ts';
import { send } from './settlement.fixture.ts';

/** A call of the contract: its method and arguments, and who sends it. */
export interface Call {
  readonly by: Wallet;
  readonly call: readonly [method: string, ...args: unknown[]];
}

export interface Way {
  readonly method: string;
  /** As `Settled` numbers it. */
  readonly number: bigint;
  readonly isNative: boolean;
  /** Anybody may send it, since the payer's signature names the quote. */
  readonly isRelayed: boolean;
  /** The call that pays the quote from the payer's money. */
  readonly pay: (on: SettlementChain, quote: Quote, sig?: string) => Promise<Call>;
}

const farFuture = 4_102_444_800;

/** Every way to pay one quote. */
export const ways: readonly Way[] = [
  {
    ...{ method: 'payNative', number: 1n, isNative: true, isRelayed: false },
    pay: async (on, quote, sig) => ({
      by: on.hands.payer,
      call: ['payNative', ...(await signed(on, quote, sig)), { value: quote.amount }],
    }),
  },
  {
    ...{ method: 'payToken', number: 2n, isNative: false, isRelayed: false },
    pay: async (on, quote, sig) => ({ by: on.hands.payer, call: ['payToken', ...(await signed(on, quote, sig))] }),
  },
  {
    ...{ method: 'payWithPermit', number: 3n, isNative: false, isRelayed: false },
    pay: async (on, quote, sig) => {
      const { dollar, dollarDomain, settlement, hands } = on;
      const nonce = (await dollar.getFunction('nonces')(hands.payer.address)) as bigint;
      const terms = { spender: await settlement.getAddress(), value: quote.amount, nonce, deadline: farFuture };
      const permit = await signedPermit(hands.payer, dollarDomain, terms);
      return { by: hands.payer, call: ['payWithPermit', ...(await signed(on, quote, sig)), ...permit] };
    },
  },
  {
    ...{ method: 'payWithPermit2', number: 4n, isNative: false, isRelayed: true },
    pay: async (on, quote, sig) => {
      const { hands, permit2Domain, settlement } = on;
      const witness = { spender: await settlement.getAddress(), nonce: quote.seq, quote };
      const payerSig = await signedPermit2(hands.payer, permit2Domain, witness);
      return {
        by: hands.stranger,
        call: ['payWithPermit2', ...(await signed(on, quote, sig)), hands.payer.address, quote.seq, payerSig],
      };
    },
  },
  {
    ...{ method: 'payWithAuthorization', number: 5n, isNative: false, isRelayed: true },
    pay: async (on, quote, sig) => {
      const { hands, dollarDomain, settlement } = on;
      const auth = await signedAuthorization(hands.payer, dollarDomain, await settlement.getAddress(), quote);
      return { by: hands.stranger, call: ['payWithAuthorization', ...(await signed(on, quote, sig)), hands.payer.address, auth] };
    },
  },
];

export const wayOf = (method: string): Way => ways.find((way) => way.method === method)!;
export const tokenWays = ways.filter(({ isNative }) => !isNative);
export const relayedWays = ways.filter(({ isRelayed }) => isRelayed);

/** A quote that this way can pay. */
export function quoteFor(on: SettlementChain, { isNative }: Way, given: Partial<Quote> = {}): Quote {
  return on.quote({ ...(isNative && { token: ZeroAddress, amount: 10n ** 15n }), ...given });
}

/** Standing allowances without an end, as many wallets have them. */
export async function allowEverything({ dollar, settlement, permit2, hands }: SettlementChain): Promise<void> {
  await send(dollar, hands.payer, 'approve', await settlement.getAddress(), MaxUint256);
  await send(dollar, hands.payer, 'approve', permit2, MaxUint256);
}

async function signed({ hands, sign }: SettlementChain, quote: Quote, sig?: string): Promise<[Quote, string, string]> {
  return [quote, hands.signer.address, sig ?? (await sign(quote))];
}
