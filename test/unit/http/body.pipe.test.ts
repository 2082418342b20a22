import { describe, expect, it } from '@jest/globals';
import { BodyPipe } from '../../../services/http/body.pipe.ts';
import { RefundBody } from '../../../services/settlement/adapters/http/refund.bodies.ts';
import { InvoiceCheckoutBody, RateBody } from '../../../services/settlement/adapters/http/settlement.bodies.ts';

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

describe('a rate', () => {
  const rest = { base: 'ETH', currency: 'EUR', source: 'desk', at: '2026-03-01T11:59:00.000Z', spreadBps: '0' };
  const read = (rate: string) => pipe.transform({ ...rest, rate }, { type: 'body', metatype: RateBody });

  it('is above zero, however small', async () => {
    expect(await read('0.000000000001')).toEqual({ ...rest, rate: '0.000000000001' });
    for (const zero of ['0', '0.00'])
      await expect(read(zero)).rejects.toMatchObject({ params: { errors: [{ field: 'rate', code: 'decimal_not_positive' }] } });
  });

  it('that cannot be read is told so once', async () => {
    await expect(read('-1')).rejects.toMatchObject({ params: { errors: [{ field: 'rate', code: 'decimal_malformed' }] } });
  });
});
