import type { Ordinals } from '../ids/ordinals.ts';
import { isObject } from '../log/canonical-json.ts';
import { EntryReader } from '../log/entry.ts';
import { EventOpener } from '../log/event-opener.ts';
import { PayloadLines, readPayloadLine } from '../log/payload-line.ts';
import { entryEndAt, entrySizeBytes } from '../opening/leaf-opener.ts';
import { isAbsence, readLargeBundle } from '../source/bundles.ts';
import { tileWidth } from '../source/tile-path.ts';
import type { Outcome } from '../verdict.ts';

/** A payment that the log holds. */
export interface LoggedPayment {
  readonly index: number;
  readonly id: string;
  /** `YYYY-MM-DD`, of its business time. */
  readonly date: string;
  readonly amount: string;
  readonly currency: string;
  readonly method: string;
  readonly reference: string;
}

const paymentType = 'PaymentReceived/1';

/**
 * The payments below the size under verdict of a log that was verified, and of the logs that it goes on with. Each is opened once more
 * against its entry, for the files are read once more. Throws `RangeError` where one cannot be: a comparison without it would be none.
 */
export async function* paymentsOf({ source, origin, provenSize, size, superseded, repeats }: Outcome): AsyncGenerator<LoggedPayment> {
  let first = 0;
  for (const ended of superseded) {
    yield* paymentsIn({ ...ended, provenSize: ended.size, repeats, first });
    first += ended.size;
  }
  yield* paymentsIn({ source, origin, provenSize, size, repeats, first });
}

interface LogToRead extends Pick<Outcome, 'source' | 'origin' | 'provenSize' | 'size'> {
  readonly repeats: Ordinals;
  /** How many leaves superseded logs have. */
  readonly first: number;
}

async function* paymentsIn({ source, origin, provenSize, size, repeats, first }: LogToRead): AsyncGenerator<LoggedPayment> {
  const [entries, events] = [new EntryReader(origin), new EventOpener(origin, false)];
  for (let start = 0; start < provenSize; start += tileWidth) {
    const bundle = await readLargeBundle(source, start, Math.min(tileWidth, size - start), { entries: undefined, payloads: undefined });
    if (isAbsence(bundle.entries)) throw new RangeError(bundle.entries.message);
    if (isAbsence(bundle.payloads)) throw new RangeError(bundle.payloads.message);
    const [text, lines] = [bundle.entries.toString('latin1'), new PayloadLines(bundle.payloads)];
    let offset = 0;
    for (let index = start; index < Math.min(start + tileWidth, provenSize); index++) {
      const end = entryEndAt(bundle.entries, offset);
      const entry = entries.read(bundle.entries, text, offset + entrySizeBytes, end);
      const line = lines.next();
      offset = end;
      if (entry === undefined) throw new RangeError(`the entry of leaf ${index} of ${origin} cannot be read`);
      if (entry.type !== paymentType || repeats.has(first + index)) continue; // An event whose id stands in an earlier leaf posts nothing.
      const stored = readPayloadLine(line, index);
      const opened = typeof stored === 'string' ? undefined : events.open(entry, stored);
      if (opened?.isSame !== true) throw new RangeError(`the payment at leaf ${index} of ${origin} cannot be opened`);
      if (!opened.isMalformed) yield paymentOf(index, entry.id, opened.payload);
    }
  }
}

function paymentOf(index: number, id: string, payload: unknown): LoggedPayment {
  const fin = isObject(payload) ? payload['fin'] : undefined;
  const { amount, currency, effectiveAt, method, reference } = isObject(fin) ? fin : {};
  if (![amount, currency, effectiveAt, method, reference].every((text) => typeof text === 'string'))
    throw new RangeError(`the payment at leaf ${index} has not the form of one`);
  return { index, id, date: String(effectiveAt).slice(0, 10), amount, currency, method, reference } as LoggedPayment;
}
