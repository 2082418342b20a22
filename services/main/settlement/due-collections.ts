import type { AgreedMandate, DueCollection } from '../../../projections/mandates/collections.query.ts';
import type { CollectionRecords } from '../../settlement/application/mandates/collection-records.ts';
import { inOrderToCollect } from '../../settlement/domain/collection-order.ts';
import type { CollectionAnswer, CollectionService } from './collection-service.ts';

export interface DueCollectionsOptions {
  /** By which the invoices are due, `YYYY-MM-DD`. */
  readonly day: string;
  readonly service: CollectionService;
  readonly records: Pick<CollectionRecords, 'of'>;
  readonly print: (line: string) => void;
}

const exitCodes = { ordered: 0, refused: 1, unanswered: 2 } as const;

/**
 * Asks for each of them, and says what became of it. What is refused, or cannot be answered now, keeps nothing behind it: exit code 1 if one was
 * refused under each mandate of its account, 2 if of one it is not known.
 */
export async function collectDue(due: AsyncIterable<DueCollection>, options: DueCollectionsOptions): Promise<number> {
  const { day, print } = options;
  const counts = { ordered: 0, refused: 0, unanswered: 0 };
  for await (const each of due) {
    const answer = await collectOne(each, options);
    counts[answer.kind]++;
    const said = answer.kind === 'ordered' ? 'ordered' : answer.code;
    print(`${each.number}  ${each.invoice}  ${each.open} ${each.currency}  due on ${each.dueOn}: ${said}`);
  }
  const { ordered, refused, unanswered } = counts;
  const asked = ordered + refused + unanswered;
  print(`${ordered} of ${asked} invoices that are due by ${day} and have a mandate are ordered to be collected.`);
  if (unanswered > 0) print(`${unanswered} of them could not be asked for now: run it again.`);
  if (unanswered > 0) return exitCodes.unanswered;
  return refused > 0 ? exitCodes.refused : exitCodes.ordered;
}

/** Under the first mandate that the service takes. A chain of which it cannot tell is left out; a mandate on another one may do. */
async function collectOne(due: DueCollection, { service, records }: DueCollectionsOptions): Promise<CollectionAnswer> {
  const [codes, away] = [new Set<string>(), new Set<string>()];
  for (const { mandate, chainId } of await inOrder(due, records)) {
    if (away.has(chainId)) continue;
    const answer = await service.collect({ invoice: due.invoice, mandate });
    if (answer.kind === 'ordered') return answer;
    codes.add(answer.code);
    if (answer.kind === 'unanswered') away.add(chainId);
  }
  return { kind: away.size > 0 ? 'unanswered' : 'refused', code: [...codes].join(', ') };
}

async function inOrder({ invoice, mandates }: DueCollection, records: Pick<CollectionRecords, 'of'>): Promise<readonly AgreedMandate[]> {
  if (mandates.length === 1) return mandates;
  return inOrderToCollect(await Promise.all(mandates.map(async (each) => ({ ...each, record: await records.of(each.mandate, invoice) }))));
}
