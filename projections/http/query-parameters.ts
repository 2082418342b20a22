import { isPrefixedId, type IdPrefix } from '../../services/commands/domain/prefixed-id.ts';
import { isInstant } from '../../services/http/fields.ts';
import { ProblemError } from '../../services/http/problem-error.ts';

/** Reads one query parameter; undefined for a text that it does not accept. */
export type Parameter<Value> = (text: string) => Value | undefined;

type Values<Parameters extends Record<string, Parameter<unknown>>> = {
  readonly [Name in keyof Parameters]?: Exclude<ReturnType<Parameters[Name]>, undefined>;
};

/** What Fastify hands over: text, or a list of texts for a parameter that is given twice. */
export type RawQuery = Readonly<Record<string, unknown>>;

/** Reads the query of a request. Throws the problem `query_invalid` that names every wrong, doubled or unknown parameter at once. */
export function readQuery<Parameters extends Record<string, Parameter<unknown>>>(
  query: RawQuery,
  parameters: Parameters,
): Values<Parameters> {
  const values: Record<string, unknown> = {};
  const errors: { readonly field: string; readonly code: string }[] = [];
  for (const [field, text] of Object.entries(query)) {
    if (!Object.hasOwn(parameters, field)) errors.push({ field, code: 'parameter_unknown' });
    else {
      const value = typeof text === 'string' ? parameters[field]?.(text) : undefined;
      if (value === undefined) errors.push({ field, code: 'parameter_malformed' });
      else values[field] = value;
    }
  }
  if (errors.length > 0) throw new ProblemError('query_invalid', { errors });
  return values as Values<Parameters>;
}

const wholeNumber = /^(?:0|[1-9][0-9]{0,18})$/;
const positionMax = 2n ** 63n - 1n;
const limitMax = 500;

/** How many rows a page has when nobody says. */
export const limitDefault = 50;

/** A place in the log, as a command answered it. */
export function position(text: string): bigint | undefined {
  if (!wholeNumber.test(text)) return undefined;
  const value = BigInt(text);
  return value <= positionMax ? value : undefined;
}

/** How many rows a page has, from 1. */
export function limit(text: string): number | undefined {
  const value = wholeNumber.test(text) ? Number(text) : 0;
  return value >= 1 && value <= limitMax ? value : undefined;
}

/** UTC, with milliseconds, of 1900 or later: `2026-01-31T09:30:00.000Z`. */
export function instant(text: string): string | undefined {
  return isInstant(text) ? text : undefined;
}

export function choice<Word extends string>(...words: readonly Word[]): Parameter<Word> {
  return (text) => words.find((word) => word === text);
}

export function id(prefix: IdPrefix): Parameter<string> {
  return (text) => (isPrefixedId(text, prefix) ? text : undefined);
}
