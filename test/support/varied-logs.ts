import type { Json } from '../../services/event-store/domain/canonical-json.ts';
import { LogBuilder, type LogFolder } from './log-builder.ts';

/** A log with the verdict that every verifier must come to without a chain. */
export interface VariedLog {
  readonly name: string;
  readonly verdict: 'VALID' | 'INVALID' | 'UNVERIFIABLE';
  readonly genesisHash: string;
  readonly files: LogFolder;
}

export const contract = `0x${'c'.repeat(40)}`;
/** What a log lists that is anchored there. */
export const chains = [{ chainId: '1', contract, fromBlock: '0', codeHash: `0x${'d'.repeat(64)}` }];

const posting = (account: string, direction: string, amount: string, currency: string): Json => ({ account, amount, currency, direction });

/** One of each kind of event that a verifier reads, in an order that repeats. */
export function grow(log: LogBuilder, size: number): LogBuilder {
  while (log.size < size) growBy(log, log.size);
  return log;
}

function growBy(log: LogBuilder, index: number): void {
  const stream = `${log.slug}.account-acc_${index % 7}`;
  const number = Math.floor(index / 12);
  const series = { series: 'main', sequence: `${number + 1}`, number: `INV-${number + 1}`, invoice: `inv_${number}` };
  const subject = `per_${index % 5}`;
  switch (index % 12) {
    case 3:
      return void log.append({ stream, type: 'ToppedUp/1', fin: postings('JPY', `${index}`) });
    case 4:
      return void log.append({ stream, type: 'ToppedUp/1', fin: postings('KWD', `${index}.125`) });
    case 5:
      return void log.append({ stream: `${log.slug}.series-main`, type: 'NumberAssigned/1', fin: series });
    case 6:
      return void log.append({
        stream: `${log.slug}.person-${subject}`,
        type: 'PersonalDataRecorded/1',
        fin: { subject },
        pii: { [subject]: log.hashOf(0) },
      });
    case 7:
      return void log.append({
        stream: log.systemStream,
        type: 'PersonalDataErased/1',
        fin: { subject, reason: 'retention_period', events: [] },
      });
    case 8:
      return void log.append({
        stream,
        type: 'EntryReversed/1',
        fin: { postings: [...mixed('EUR', '0.000001'), ...mixed('USDC', '1.000000')], note: 'ä "€" 😀' },
      });
    case 9:
      return void log.commitState(log.size - (index % 3));
    default:
      return void log.move(`${index}.5${(index % 9) + 1}`, { account: `acc_${index % 7}` });
  }
}

function postings(currency: string, amount: string): { readonly [name: string]: Json } {
  return { postings: mixed(currency, amount) };
}

function mixed(currency: string, amount: string): Json[] {
  return [posting('asset:bank', 'debit', amount, currency), posting('liability:wallet', 'credit', amount, currency)];
}

/** A file of payloads with other lines. */
export function withLines(files: LogFolder, change: (line: Record<string, unknown>, index: number) => object): LogFolder {
  const lines = files.get('payloads/000.jsonl')?.toString().trimEnd().split('\n') ?? [];
  const changed = lines.map((line, index) => JSON.stringify(change(JSON.parse(line) as Record<string, unknown>, index)));
  return new Map(files).set('payloads/000.jsonl', Buffer.from(`${changed.join('\n')}\n`));
}

/** Every kind of good log, and of those that lack something. */
export function variedLogs(): VariedLog[] {
  const logs: VariedLog[] = [];
  const add = (name: string, log: LogBuilder, verdict: VariedLog['verdict'] = 'VALID', files = log.files()): void => {
    logs.push({ name, verdict, genesisHash: log.genesisHash, files });
  };
  for (const size of [1, 2, 255, 256, 257, 600]) add(`of ${size} leaves`, grow(new LogBuilder(), size));

  const full = grow(new LogBuilder(), 300);
  const early = new Map([...full.files(), ['checkpoint', full.checkpoint(270)] as const]);
  for (const tile of ['tile/0/001', 'tile/entries/001']) early.delete(`${tile}.p/44`);
  const later = grow(full, 512).files();
  for (const tile of ['tile/0/001', 'tile/entries/001', 'tile/1/000.p/2']) early.set(tile, later.get(tile) as Buffer);
  add('with full tiles in place of partial ones', full, 'VALID', early);

  const rotated = grow(new LogBuilder(), 20);
  const before = rotated.checkpoint(20);
  rotated.rotateKey();
  add('with a key that was rotated', grow(rotated, 40));
  const byOlder = grow(new LogBuilder(), 5);
  const older = byOlder.checkpoint(5);
  add('with a head that another log signed', byOlder, 'INVALID', new Map(byOlder.files()).set('checkpoint', before));
  add('with a head of the same log', byOlder, 'VALID', new Map(byOlder.files(5)).set('checkpoint', older));

  const changed = grow(new LogBuilder(), 20);
  const { currencies } = changed.policy;
  changed.changePolicy({ currencies: [...currencies, { code: 'XTS', ledgerScale: '3', payableScale: '1' }] });
  grow(changed, 30).changePolicy({ heartbeatSeconds: '60' });
  changed.append({ stream: 'north.account-acc_9', type: 'ToppedUp/1', fin: postings('XTS', '12.25') });
  add('with a policy that was changed', changed);

  const forged = grow(new LogBuilder(), 20);
  forged.changePolicy({ heartbeatSeconds: '60' }, { isForged: true });
  add('with a policy that nobody signed for', forged, 'INVALID');
  const dropping = grow(new LogBuilder(), 20);
  dropping.changePolicy({ currencies: currencies.slice(1) });
  add('with a policy that drops a currency', dropping, 'INVALID');
  const stolen = grow(new LogBuilder(), 20);
  stolen.rotateKey({ isForged: true });
  add('with a key that nobody signed for', stolen, 'INVALID');

  const anchored = grow(new LogBuilder({ chains }), 20);
  anchored.anchors.push({ chainId: '1', contract, size: 7n }, { chainId: '1', contract, size: 20n });
  add('with anchors', anchored);
  anchored.anchors.push({ chainId: '1', contract, size: 9n, root: `0x${'0'.repeat(64)}` });
  add('with an anchor of another root', anchored, 'INVALID');
  anchored.anchors[2] = { chainId: '2', contract, size: 9n };
  add('with an anchor on a chain that is not listed', anchored, 'INVALID');
  anchored.anchors.pop();
  add('below an anchor that it states', anchored, 'INVALID', anchored.files(19));
  const unreadable = Buffer.from('{"size":"1"}\n\nno line\n');
  add('with anchors that cannot be read', anchored, 'VALID', new Map(anchored.files()).set('anchors.jsonl', unreadable));

  const erased = grow(new LogBuilder(), 4);
  erased.append({ stream: erased.systemStream, type: 'PersonalDataErased/1', fin: { subject: 'per_1', reason: 'subject_request' } });
  erased.append({ stream: erased.systemStream, type: 'PersonalDataErased/1', fin: { subject: 'per_2' } });
  for (const subject of ['per_1', 'per_2'])
    erased.append({ stream: `north.person-${subject}`, type: 'PersonalDataRecorded/1', fin: {}, pii: { [subject]: erased.hashOf(0) } });
  erased.append({ stream: 'north.person-per_3', type: 'PersonalDataRecorded/1', fin: {}, pii: {} });
  erased.append({ stream: 'north.person-per_3', type: 'PersonalDataRecorded/1', fin: {}, pii: { per_3: 'no hash' } });
  add('with erasures', erased);

  const successor = new LogBuilder({ supersedes: { log: grow(new LogBuilder(), 30), size: 20 } });
  add('that goes on with one that is not at hand', grow(successor, 30), 'UNVERIFIABLE');

  const plain = grow(new LogBuilder(), 40);
  const files = plain.files();
  const isBusiness = ({ stream }: Record<string, unknown>) => stream !== plain.systemStream;
  const withheld = (line: Record<string, unknown>) => ({ ...line, data: null, metadata: null });
  const lost = (line: Record<string, unknown>) => ({ ...line, data: 'missing', metadata: 'missing' });
  add(
    'whose payloads are withheld',
    plain,
    'VALID',
    withLines(files, (line) => (isBusiness(line) ? withheld(line) : line)),
  );
  add('whose payloads are all withheld', plain, 'VALID', withLines(files, withheld));
  add(
    'of which one payload is withheld',
    plain,
    'UNVERIFIABLE',
    withLines(files, (line, at) => (at === 39 ? withheld(line) : line)),
  );
  add(
    'of which one event is lost',
    plain,
    'UNVERIFIABLE',
    withLines(files, (line, at) => (at === 39 ? lost(line) : line)),
  );
  add(
    'of which an invoice number is lost',
    plain,
    'UNVERIFIABLE',
    withLines(files, (line, at) => (at === 5 || at === 17 ? lost(line) : line)),
  );
  const uncertain = grow(new LogBuilder({ chains }), 10);
  const [listed] = chains;
  const elsewhere = { ...listed, chainId: '2' } as (typeof chains)[number];
  const at = uncertain.changePolicy({ chains: [elsewhere] });
  uncertain.rotateKey();
  uncertain.anchors.push({ chainId: '2', contract, size: 9n });
  add('with an anchor that a later policy allows', uncertain);
  for (const index of [at, at + 1])
    add(
      `of which the event ${index} is lost`,
      uncertain,
      'UNVERIFIABLE',
      withLines(uncertain.files(), (line, i) => (i === index ? lost(line) : line)),
    );
  const long = grow(new LogBuilder(), 300);
  for (const log of [plain, long])
    for (const name of log.files().keys()) {
      const without = log.files();
      without.delete(name);
      const isNeeded = !['log.vkey', 'anchors.jsonl', ...(log === plain ? ['payloads/000.jsonl'] : [])].includes(name);
      add(`of ${log.size} leaves without ${name}`, log, isNeeded ? 'UNVERIFIABLE' : 'VALID', without);
    }
  return logs;
}
