import { isObject } from '../log/canonical-json.ts';
import type { Scales } from '../log/policy.ts';
import { cycleOf, isInstant, type Period } from './availability.ts';
import { placeOf, text, textOfCredit } from './credit-text.ts';
import { creditsDue } from './sla-credit.ts';
import { type AgreedTerms, termsHashOf, termsOf } from './terms-document.ts';

/** An event that a log holds, with its payload; undefined where that is not at hand. */
export interface SlaEvent {
  readonly stream: string;
  readonly revision: string;
  readonly type: string;
  readonly fin: { readonly [name: string]: unknown } | undefined;
}

/** `wrong`: not what published terms come to. `missing`: what it would be computed from is not at hand. */
export interface SlaProblem {
  readonly kind: 'wrong' | 'missing';
  readonly message: string;
  readonly evidence?: Readonly<Record<string, string>>;
}

interface CycleState {
  readonly outages: (Period & { readonly revision: string })[];
  /** Percent, as the last credit states it. */
  credited: string;
}

/** The credit that the next event of a stream has to be. */
interface AwaitedCredit {
  /** Of the outage that it is due for. */
  readonly revision: string;
  readonly until: string;
  /** With its currency. */
  readonly amount: string;
  /** Canonical text of everything but `effectiveAt`: any of these. */
  readonly any: readonly string[];
}

export interface SlaBookState {
  readonly terms: ReadonlyMap<string, AgreedTerms | 'unknown'>;
  readonly cycles: ReadonlyMap<string, CycleState>;
  readonly awaited: ReadonlyMap<string, AwaitedCredit>;
  readonly uncertain: ReadonlySet<string>;
}

const types: ReadonlySet<string> = new Set(['TermsPublished/1', 'OutageRecorded/1', 'SlaCredited/1']);
const accountPattern = /^[a-z0-9]+\.account-(.+)$/;
const nothingCredited = '0';

/**
 * Follows published terms, outages and what was credited for them, event by event: each outage that brings its cycle below a promise is
 * followed by the credit that the terms give, to the last character, and nothing else is credited. What is wrong is told at the event that
 * shows it; afterwards the book goes on with what the log says.
 */
export class SlaBook {
  readonly #isLog: boolean;
  readonly #terms = new Map<string, AgreedTerms | 'unknown'>();
  readonly #cycles = new Map<string, CycleState>();
  readonly #awaited = new Map<string, AwaitedCredit>();
  /** Streams of which an outage or a credit could not be read. */
  readonly #uncertain = new Set<string>();

  /** Of a whole log, which publishes whatever terms it names; else of one account, with terms that are brought along. */
  constructor({ isLog }: { readonly isLog: boolean }) {
    this.#isLog = isLog;
  }

  state(): SlaBookState {
    return { terms: this.#terms, cycles: this.#cycles, awaited: this.#awaited, uncertain: this.#uncertain };
  }

  resume({ terms, cycles, awaited, uncertain }: SlaBookState): void {
    for (const [hash, each] of terms) this.#terms.set(hash, each);
    for (const [key, { outages, credited }] of cycles) this.#cycles.set(key, { outages: [...outages], credited });
    for (const [stream, each] of awaited) this.#awaited.set(stream, each);
    for (const stream of uncertain) this.#uncertain.add(stream);
  }

  /** Takes terms that somebody brings along. */
  agree(terms: AgreedTerms): void {
    this.#terms.set(terms.hash, terms);
  }

  /** Takes the events of a log in order, whatever their types. */
  next(event: SlaEvent, scalesOf: (currency: string) => Scales | undefined): readonly SlaProblem[] {
    const { stream, type } = event;
    const awaited = this.#awaited.size === 0 ? undefined : this.#awaited.get(stream);
    if (awaited === undefined && !types.has(type)) return none;
    this.#awaited.delete(stream);
    const left =
      awaited === undefined || type === 'SlaCredited/1'
        ? none
        : [wrong(awaitedBy(awaited, 'no credit follows'), { recomputed: awaited.any[0] })];
    if (type === 'TermsPublished/1') return [...left, ...this.#publish(event)];
    if (type === 'OutageRecorded/1') return [...left, ...this.#record(event, scalesOf)];
    return type === 'SlaCredited/1' ? this.#credit(event, awaited) : left;
  }

  #publish({ stream, revision, fin }: SlaEvent): readonly SlaProblem[] {
    const hash = stream.slice(stream.indexOf('.terms-') + '.terms-'.length);
    if (fin === undefined) {
      this.#terms.set(copyOf(hash), 'unknown');
      return none;
    }
    if (termsHashOf(fin['document']) !== hash || fin['hash'] !== hash || revision !== '0')
      return [wrong('the terms are not those that the hash in the name of their stream is of')];
    const terms = termsOf(fin['document']);
    this.#terms.set(copyOf(hash), typeof terms === 'string' ? 'unknown' : terms);
    return none;
  }

  #record({ stream, revision, fin }: SlaEvent, scalesOf: (currency: string) => Scales | undefined): readonly SlaProblem[] {
    if (fin === undefined) return this.#lose(stream);
    const { from, until } = fin;
    const terms = this.#termsNamedIn(stream, fin);
    if (!isAgreed(terms)) return terms;
    const account = accountPattern.exec(stream)?.[1];
    const cycle = isInstant(from) ? cycleOf(terms.price.cycle, from) : undefined;
    const scales = scalesOf(terms.price.currency);
    if (account === undefined || fin['account'] !== account) return [wrong('the outage is not one of the account that its stream is of')];
    if (cycle === undefined || text(fin['cycle']) !== text(cycle))
      return [wrong('the cycle of the outage is not one of the terms', { stated: text(fin['cycle']), recomputed: text(cycle) })];
    if (!isInstant(from) || !isInstant(until) || from >= until || until > cycle.until)
      return [wrong('the outage does not end behind its beginning and within its cycle')];
    const key = keyOf(stream, terms.hash, cycle.from);
    const known = this.#cycles.get(key) ?? { outages: [], credited: nothingCredited };
    known.outages.push({ from, until, revision: copyOf(revision) });
    this.#cycles.set(key, known);
    const due = scales && creditsDue({ terms, cycle, outages: known.outages, before: known.credited, scales });
    if (due === undefined) return [{ kind: 'missing', message: `this verifier cannot compute by the terms ${terms.hash}` }];
    const [first] = due;
    if (first === undefined || this.#uncertain.has(stream)) return none;
    const any = due.map((credit) => textOfCredit({ account, stream, terms, cycle, outages: known.outages, credit }));
    this.#awaited.set(copyOf(stream), { revision: copyOf(revision), until, amount: `${first.amount} ${terms.price.currency}`, any });
    return none;
  }

  #credit({ stream, fin }: SlaEvent, awaited: AwaitedCredit | undefined): readonly SlaProblem[] {
    if (fin === undefined) return this.#lose(stream);
    const { effectiveAt, creditPercent, ...stated } = fin;
    const terms = this.#termsNamedIn(stream, fin);
    const cycle = isObject(fin['cycle']) ? fin['cycle'] : {};
    const known = isAgreed(terms) ? this.#cycles.get(keyOf(stream, terms.hash, String(cycle['from']))) : undefined;
    // Whoever goes on crediting goes on from what is stated.
    if (known !== undefined && typeof creditPercent === 'string') known.credited = creditPercent;
    if (awaited === undefined) {
      if (!isAgreed(terms)) return terms;
      if (this.#uncertain.has(stream)) return [{ kind: 'missing', message: 'an outage or a credit before this one is not at hand' }];
      return [wrong('the terms give no credit here', { stated: text(fin) })];
    }
    const isSame = awaited.any.includes(text({ ...stated, creditPercent }));
    if (isSame && isInstant(effectiveAt) && effectiveAt >= awaited.until) return none;
    return [wrong(awaitedBy(awaited, 'another credit follows'), { stated: text(fin), recomputed: awaited.any[0] })];
  }

  /** Nothing can be said of this stream any more. */
  #lose(stream: string): readonly SlaProblem[] {
    this.#uncertain.add(copyOf(stream));
    return none;
  }

  /** The terms that an event names, if an earlier leaf publishes them there; else what is to be said of that. */
  #termsNamedIn(stream: string, fin: { readonly [name: string]: unknown }): AgreedTerms | readonly SlaProblem[] {
    const named = isObject(fin['terms']) ? fin['terms'] : {};
    const terms = this.#terms.get(String(named['hash']));
    if (terms === 'unknown') return [{ kind: 'missing', message: `the terms ${String(named['hash'])} are not at hand, or cannot be read` }];
    if (terms === undefined && !this.#isLog) return [{ kind: 'missing', message: `the terms ${String(named['hash'])} were not given` }];
    if (terms === undefined) return [wrong(`no leaf before this one publishes the terms ${String(named['hash'])}`)];
    if (text(named) !== text(placeOf(stream, terms)) || fin['offer'] !== terms.offer)
      return [
        wrong('the terms stand elsewhere, or are those of another offer', {
          stated: text(named),
          recomputed: text(placeOf(stream, terms)),
        }),
      ];
    return terms;
  }
}

function awaitedBy({ revision, amount }: AwaitedCredit, instead: string): string {
  return `the terms give ${amount} for the outage at revision ${revision}, and ${instead}`;
}

const none: readonly never[] = [];

function isAgreed(found: AgreedTerms | readonly SlaProblem[]): found is AgreedTerms {
  return !Array.isArray(found);
}

function wrong(message: string, evidence?: Readonly<Record<string, string | undefined>>): SlaProblem {
  return { kind: 'wrong', message, ...(evidence !== undefined && { evidence: evidence as Readonly<Record<string, string>> }) };
}

function keyOf(stream: string, terms: string, from: string): string {
  return `${stream}\n${terms}\n${from}`;
}

/** A text of its own: a slice would keep the whole bundle alive for as long as it is remembered. */
function copyOf(slice: string): string {
  return Buffer.from(slice, 'utf8').toString('utf8');
}
