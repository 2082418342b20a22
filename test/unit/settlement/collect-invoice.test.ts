import { beforeEach, expect, it } from '@jest/globals';
import type { CommandBus } from '@nestjs/cqrs';
import { CollectInvoice, CollectInvoiceHandler } from '../../../services/settlement/application/mandates/collect-invoice.handler.ts';
import { CollectByMandate } from '../../../services/settlement/application/mandates/mandate.handlers.ts';
import type { PayerCollectionLimit } from '../../../services/settlement/application/mandates/payer-collection-limit.ts';
import { IssueQuote } from '../../../services/settlement/application/quoting/issue-quote.handler.ts';
import { mandateStream } from '../../../services/settlement/application/sending/sending-streams.ts';
import { mandate } from '../../../services/settlement/domain/mandate.ts';
import { askForQuote } from '../../../services/settlement/domain/slot.decider.ts';
import { slot } from '../../../services/settlement/domain/slot.ts';
import { envelope } from '../../support/execution.ts';
import { given } from '../../support/given.ts';
import { RefundWorld } from './refund.fixtures.ts';
import { collectionDecided, mandateId, mandateOffered, mandateSigned, terms } from './sending.fixtures.ts';
import { invoice, issued, later, place, quoteIssued, slotOpened } from './slot.fixtures.ts';

/** A slot whose price in the token of the mandate a stranger began at `quotedAt`, for ten minutes. */
const quoted = given(slot, [slotOpened(), issued(quoteIssued({ token: terms.token, payer: `0x${'5a'.repeat(20)}` }))]).state;

let world: RefundWorld;
let collected: number;
beforeEach(async () => {
  [world, collected] = [new RefundWorld(), 0];
  await world.write(mandate, mandateStream('demo', mandateId), mandateOffered, mandateSigned);
});

async function collect(key: string, now: string): Promise<unknown> {
  const execute = (command: unknown) => {
    if (command instanceof CollectByMandate) return Promise.resolve({ kind: 'accepted', collected: collected++ });
    if (!(command instanceof IssueQuote)) return Promise.resolve({ seq: '7', outcome: { kind: 'accepted' } });
    const asked = askForQuote(quoted, { ...place, ...command.asked }, now);
    return Promise.resolve(asked.kind === 'rejected' ? asked : { kind: 'accepted' });
  };
  const limit = { above: () => Promise.resolve(undefined) } as unknown as PayerCollectionLimit;
  const bus = { execute } as unknown as CommandBus;
  const handler = new CollectInvoiceHandler(world.executor(), bus, limit, { now: () => now });
  const outcome = await handler.execute(new CollectInvoice(envelope(key), { invoice, mandate: mandateId }));
  return outcome.kind === 'rejected' ? outcome.rejection : outcome.kind;
}

it('[I5] a collection is not decided at a price with less than three minutes left, and is when that is over', async () => {
  for (const left of [179, 1]) expect(await collect(`${left} left`, later(600 - left))).toEqual({ code: 'quote_live', until: later(600) });
  expect(collected).toBe(0);
  expect(await collect('enough', later(420))).toBe('accepted');
  expect(await collect('the next', later(600))).toBe('accepted');
  expect(collected).toBe(2);
});

it('a collection that was decided before is answered by that, whatever is left', async () => {
  await world.write(mandate, mandateStream('demo', mandateId), collectionDecided('7', '10800000', '0'));
  expect(await collect('again', later(599))).toBe('accepted');
});
