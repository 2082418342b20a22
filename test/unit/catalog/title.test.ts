import { describe, expect, it } from '@jest/globals';
import { cancelTitle, listTitle, title } from '../../../services/catalog/domain/title.ts';
import type { TitleEvent, TitleListed } from '../../../services/catalog/domain/catalog.events.ts';
import { given } from '../../support/given.ts';

const listed: TitleListed = {
  ...{ title: 'ttl_1', name: 'Final', price: '4.99', currency: 'EUR', graceMinutes: '15' },
  ...{ onSaleFrom: '2026-01-01T00:00:00.000Z', onSaleUntil: '2026-02-01T00:00:00.000Z' },
  ...{ startsAt: '2026-02-01T20:00:00.000Z', endsAt: '2026-02-01T22:00:00.000Z' },
};
const onSale: TitleEvent[] = [{ type: 'TitleListed/1', data: listed }];
const cancelled = { title: 'ttl_1', reason: 'The final is called off.' };

describe('[A18] a title', () => {
  it('is called off once, for good', () => {
    const [event] = given(title, onSale)
      .when((state) => cancelTitle(state, cancelled))
      .thenAccepts('TitleCancelled/1');
    expect(event?.data).toEqual(cancelled);
    const after = given(title, [...onSale, event!]);
    after.when((state) => cancelTitle(state, { ...cancelled, reason: 'Another reason.' })).thenRepeats(1n);
    after.when((state) => listTitle(state, listed)).thenRejects({ code: 'title_already_listed', title: 'ttl_1' });
  });

  it('is not called off before it was listed', () =>
    given(title, [])
      .when((state) => cancelTitle(state, cancelled))
      .thenRejects({ code: 'title_not_found' }));
});
