import { describe, expect, it } from '@jest/globals';
import { BodyPipe } from '../../../services/http/body.pipe.ts';
import { RefundBody } from '../../../services/settlement/adapters/http/refund.bodies.ts';
import { InvoiceCheckoutBody } from '../../../services/settlement/adapters/http/settlement.bodies.ts';

const pipe = new BodyPipe();
const bodies = [
  [RefundBody, { reason: 'outage' }],
  [InvoiceCheckoutBody, {}],
] as const;

describe.each(bodies)('%p, which takes an amount or leaves it open', (metatype, rest) => {
  const read = (part: object) => pipe.transform({ ...rest, ...part }, { type: 'body', metatype });

  it('takes both an amount and its currency, and neither', async () => {
    for (const part of [{ amount: '1.00', currency: 'EUR' }, {}]) expect(await read(part)).toEqual({ ...rest, ...part });
  });

  it.each([
    [{ amount: '1.00' }, { field: 'currency', code: 'currency_unknown' }],
    [{ currency: 'EUR' }, { field: 'amount', code: 'amount_malformed' }],
    [
      { amount: '1.00', currency: null },
      { field: 'currency', code: 'currency_unknown' },
    ],
    [
      { amount: null, currency: 'EUR' },
      { field: 'amount', code: 'amount_malformed' },
    ],
  ])('refuses %p: half of an amount would be read as all of it', async (part, error) => {
    await expect(read(part)).rejects.toMatchObject({ code: 'body_invalid', params: { errors: [error] } });
  });
});
