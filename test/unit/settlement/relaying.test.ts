import { describe, expect, it } from '@jest/globals';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import type { CreditDesk } from '../../../services/settlement/application/credit/credit-desk.ts';
import type { PayerDesk } from '../../../services/settlement/application/checkout/payer-desk.ts';
import { RelayRedemption, RelayRedemptionHandler } from '../../../services/settlement/application/credit/redemption.handlers.ts';
import {
  type RelayAsked,
  RelayPayment,
  RelayPaymentHandler,
} from '../../../services/settlement/application/checkout/relay-payment.handler.ts';
import type { OfferedRedemption } from '../../../services/settlement/domain/slot.ts';
import { envelope, executionOn } from '../../support/execution.ts';

const refusal = { code: 'used', text: 'It was used before.' };
const [contract, wallet, signature] = [`0x${'c'.repeat(40)}`, `0x${'1'.repeat(40)}`, `0x${'5'.repeat(130)}`];

/** A contract that refuses a signature once it has taken it; and both handlers, each asked for one signature. */
function world() {
  const { executor } = executionOn(new MemoryEventStore());
  let isSpent = false;
  const answer = () => Promise.resolve(isSpent ? refusal : undefined);
  const payers = { signed: async () => ({ refusal: await answer() }) } as unknown as PayerDesk;
  const holders = { refusalOf: answer } as unknown as CreditDesk;
  const terms = { module: 'settlement', quote: { providerId: '17' } };
  const quote = { seq: '7', chainId: '31337', contract, terms, structHash: `0x${'2'.repeat(64)}`, signer: wallet, signature };
  const offer = { seq: '7', chainId: '31337', contract, holder: wallet, units: '100', invoiceRef: `0x${'3'.repeat(64)}` };
  return {
    spend: () => (isSpent = true),
    pay: (key: string) => {
      const asked = { quote, method: 'authorization', payer: wallet, signature, nonce: '0' } as unknown as RelayAsked;
      return new RelayPaymentHandler(executor, payers).execute(new RelayPayment(envelope(key), asked));
    },
    redeem: (key: string, deadline = '4102444800') => {
      const of = { offer: offer as unknown as OfferedRedemption, providerId: '17' };
      return new RelayRedemptionHandler(executor, holders).execute(new RelayRedemption(envelope(key), of, { deadline, signature }));
    },
  };
}

describe('a signature that is brought to the contract', () => {
  it.each(['pay', 'redeem'] as const)('is answered by its order when it is handed in again, also once it is spent: %s', async (what) => {
    const on = world();
    const first = await on[what]('first');
    expect(first.kind).toBe('accepted');
    on.spend();
    for (const key of ['first', 'second']) expect(await on[what](key)).toMatchObject({ kind: 'accepted' });
  });

  it.each(['pay', 'redeem'] as const)('is not ordered where the contract would refuse it: %s', async (what) => {
    const on = world();
    on.spend();
    expect(await on[what]('first')).toEqual({
      kind: 'rejected',
      rejection: { code: 'payment_refused', refusal: 'used', text: refusal.text },
    });
  });

  it('is tried out where another one of the same holder is ordered', async () => {
    const on = world();
    await on.redeem('first');
    on.spend();
    expect(await on.redeem('second', '4102444801')).toMatchObject({ kind: 'rejected', rejection: { code: 'payment_refused' } });
  });
});
