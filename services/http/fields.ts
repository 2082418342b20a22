import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsString, Matches, MaxLength, ValidateBy, ValidateIf, ValidateNested, type ValidationArguments } from 'class-validator';
import { type IdPrefix, isPrefixedId } from '../commands/domain/prefixed-id.ts';
import { currencies, isCurrency } from '../money/currency.ts';
import { parseDecimal } from '../money/decimal.ts';
import { parseMoney } from '../money/money.ts';

/*
 * One decorator a kind of field: how it is validated and how the API document shows it. Every value is a string on the wire; a
 * number where a string belongs is refused, because JSON numbers are doubles.
 */

interface FieldOptions {
  readonly optional?: boolean;
  /** Another field of the body: both are there, or neither is. */
  readonly with?: string;
  readonly description?: string;
  readonly example?: string;
}

/** A decimal amount in major units of the currency in the field `currency`. Above zero unless `zero` is allowed. */
export function AmountField(options: FieldOptions & { readonly zero?: boolean } = {}) {
  const zero = options.zero ?? false;
  return field(
    { ...options, example: options.example ?? '10.00' },
    { pattern: '^(0|[1-9][0-9]{0,14})(\\.[0-9]+)?$', maxLength: 40 },
    ValidateBy({
      name: 'isAmount',
      validator: {
        validate: (value: unknown, args) => amountErrorOf(value, currencyBeside(args), zero) === undefined,
        defaultMessage: (args) => amountErrorOf(args?.value, currencyBeside(args), zero) ?? 'amount_malformed',
      },
    }),
  );
}

export function CurrencyField(options: FieldOptions = {}) {
  return field({ example: 'EUR', ...options }, { enum: [...currencies] }, IsIn(currencies, { message: 'currency_unknown' }));
}

/** One of a few words. */
export function ChoiceField(values: readonly string[], options: FieldOptions = {}) {
  return field(options, { enum: [...values] }, IsIn(values, { message: 'choice_unknown' }));
}

/** A short name in lower case that becomes part of a ledger account: `voice-day`, `bank`. */
export function SlugField(options: FieldOptions & { readonly lengthMax?: number } = {}) {
  const lengthMax = options.lengthMax ?? 64;
  const pattern = `^[a-z0-9](?:[a-z0-9-]{0,${lengthMax - 2}}[a-z0-9])?$`;
  return field(options, { pattern }, IsString({ message: 'text_malformed' }), Matches(new RegExp(pattern), { message: 'text_malformed' }));
}

/** Text for people, without control characters. Never personal data: the ledger does not forget. */
export function TextField(options: FieldOptions & { readonly lengthMax: number }) {
  return field(
    options,
    { minLength: 1, maxLength: options.lengthMax },
    IsString({ message: 'text_malformed' }),
    Matches(/^(?!\s)[^\p{Cc}\p{Cs}]+(?<!\s)$/u, { message: 'text_malformed' }),
    MaxLength(options.lengthMax, { message: 'text_too_long' }),
  );
}

/** An address of electronic mail: something, an at sign, a host. Whether it takes mail only mail can tell. */
export function EmailField(options: FieldOptions = {}) {
  return field(
    { example: 'ada@example.com', ...options },
    { format: 'email', maxLength: 254 },
    checked('isEmail', 'email_malformed', (value) => value.length <= 254 && /^[^\s@\p{Cc}\p{Cs}]{1,64}@[^\s@\p{Cc}\p{Cs}]+$/u.test(value)),
  );
}

/** A telephone number with its country code: E.164. */
export function PhoneField(options: FieldOptions = {}) {
  return field(
    { example: '+4930123456', ...options },
    { pattern: '^\\+[1-9][0-9]{6,14}$' },
    checked('isPhone', 'phone_malformed', (value) => /^\+[1-9][0-9]{6,14}$/.test(value)),
  );
}

/** A country by its two letters of ISO 3166-1. */
export function CountryField(options: FieldOptions = {}) {
  return field(
    { example: 'DE', ...options },
    { pattern: '^[A-Z]{2}$' },
    checked('isCountry', 'country_malformed', (value) => /^[A-Z]{2}$/.test(value)),
  );
}

/** An object of a body class. */
export function ObjectField(type: () => new () => object, { optional = false }: { readonly optional?: boolean } = {}) {
  return applyDecorators(
    // A function of another name is taken for a class.
    ApiProperty({ type: () => type(), required: !optional }),
    ...(optional ? [UnlessAbsent()] : []),
    ValidateBy({ name: 'isObject', validator: { validate: isObject, defaultMessage: () => 'object_malformed' } }),
    ValidateNested({ message: 'object_malformed' }),
    Type(type),
  );
}

/** An id that this API handed out, with its prefix. */
export function IdField(prefix: IdPrefix, options: FieldOptions = {}) {
  return field(
    { example: `${prefix}00000000-0000-5000-8000-000000000000`, ...options },
    {},
    checked('isId', 'id_malformed', (value) => isPrefixedId(value, prefix)),
  );
}

/** UTC, with milliseconds, of 1900 or later: `2026-01-31T09:30:00.000Z`. */
export function InstantField(options: FieldOptions = {}) {
  return field(
    { example: '2026-01-31T09:30:00.000Z', ...options },
    { format: 'date-time' },
    checked('isInstant', 'instant_malformed', isInstant),
  );
}

/** A calendar day of 1900 or later: `2026-01-31`. */
export function DateField(options: FieldOptions = {}) {
  return field(
    { example: '2026-01-31', ...options },
    { format: 'date' },
    checked('isDate', 'date_malformed', (value) => isInstant(`${value}T00:00:00.000Z`)),
  );
}

/** A quantity or a rate: plain notation, not below zero, at most 12 decimals. Above zero where it says so. */
export function DecimalField(options: FieldOptions & { readonly positive?: boolean } = {}) {
  const positive = options.positive ?? false;
  return field(
    { ...options, example: options.example ?? '265.1' },
    {},
    ValidateBy({
      name: 'isDecimal',
      validator: {
        validate: (value: unknown) => decimalErrorOf(value, positive) === undefined,
        defaultMessage: (args) => decimalErrorOf(args?.value, positive) ?? 'decimal_malformed',
      },
    }),
  );
}

/** A revision, a count or another whole number as text, up to a bound. */
export function WholeNumberField(options: FieldOptions & { readonly max: bigint }) {
  return field(
    options,
    { pattern: '^(0|[1-9][0-9]*)$' },
    checked('isWholeNumber', 'number_malformed', (value) => /^(0|[1-9][0-9]{0,18})$/.test(value) && BigInt(value) <= options.max),
  );
}

/** A hash or a word of a chain: 0x and 64 lower-case hex. */
export function HashField(options: FieldOptions = {}) {
  return field(
    { example: `0x${'ab'.repeat(32)}`, ...options },
    { pattern: '^0x[0-9a-f]{64}$' },
    checked('isHash', 'text_malformed', (value) => /^0x[0-9a-f]{64}$/.test(value)),
  );
}

/** An address on a chain: 0x and 40 hex; capitals are taken and mean nothing. */
export function AddressField(options: FieldOptions = {}) {
  return field(
    { example: `0x${'ab'.repeat(20)}`, ...options },
    { pattern: '^0x[0-9a-fA-F]{40}$' },
    checked('isAddress', 'text_malformed', (value) => /^0x[0-9a-fA-F]{40}$/.test(value)),
  );
}

/** A list of 1 to `lengthMax` objects of a body class, no two with the same value in the field `uniqueBy`. */
export function ListField(
  type: () => new () => object,
  { lengthMax, uniqueBy, optional = false }: { readonly lengthMax: number; readonly uniqueBy: string; readonly optional?: boolean },
) {
  const errorOf = (value: unknown): string | undefined => {
    if (!Array.isArray(value) || !value.every(isObject)) return 'list_malformed';
    if (value.length === 0) return 'list_empty';
    if (value.length > lengthMax) return 'list_too_long';
    const keys = new Set(value.map((item: Readonly<Record<string, unknown>>) => item[uniqueBy]));
    return keys.size === value.length ? undefined : 'list_not_unique';
  };
  return applyDecorators(
    ApiProperty({ type: () => type(), isArray: true, minItems: 1, maxItems: lengthMax, required: !optional }),
    ...(optional ? [UnlessAbsent()] : []),
    ValidateBy({
      name: 'isList',
      validator: {
        validate: (value: unknown) => errorOf(value) === undefined,
        defaultMessage: (args) => errorOf(args?.value) ?? 'list_malformed',
      },
    }),
    ValidateNested({ each: true, message: 'list_malformed' }),
    Type(type),
  );
}

/** The first instant that is taken. Databases have no year 0, and the grace of a title reaches back before the instant that is named. */
const earliest = '1900-01-01T00:00:00.000Z';

export function isInstant(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/.test(text) || text < earliest) return false;
  const time = Date.parse(text);
  return !Number.isNaN(time) && new Date(time).toISOString() === text;
}

function field(options: FieldOptions, schema: ApiPropertyOptions, ...validators: PropertyDecorator[]) {
  const { with: other, optional = other !== undefined, description, example } = options;
  const shown = { type: 'string', required: !optional, ...schema, ...(description && { description }), ...(example && { example }) };
  return applyDecorators(ApiProperty(shown as ApiPropertyOptions), ...(optional ? [UnlessAbsent(other)] : []), ...validators);
}

/** Absent is allowed, where the other field is absent too; null is not, so IsOptional will not do. */
function UnlessAbsent(other?: string) {
  const isThere = (body: Readonly<Record<string, unknown>>) => other !== undefined && body[other] !== undefined;
  return ValidateIf((body: Readonly<Record<string, unknown>>, value: unknown) => value !== undefined || isThere(body));
}

function checked(name: string, message: string, accepts: (value: string) => boolean): PropertyDecorator {
  return ValidateBy({
    name,
    validator: { validate: (value: unknown) => typeof value === 'string' && accepts(value), defaultMessage: () => message },
  });
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function currencyBeside(args: ValidationArguments | undefined): string {
  const currency: unknown = (args?.object as { readonly currency?: unknown } | undefined)?.currency;
  // An unknown currency is its own field's error; the amount is then read in a currency with the fewest surprises.
  return typeof currency === 'string' && isCurrency(currency) ? currency : 'EUR';
}

function amountErrorOf(value: unknown, currency: string, zero: boolean): string | undefined {
  if (typeof value !== 'string') return 'amount_malformed';
  const money = parseMoney(value, currency);
  if (typeof money === 'string') return money;
  if (money.amount < 0n || (money.amount === 0n && !zero)) return 'amount_not_positive';
  return undefined;
}

function decimalErrorOf(value: unknown, positive: boolean): string | undefined {
  const decimal = typeof value === 'string' ? parseDecimal(value) : undefined;
  if (decimal === undefined) return 'decimal_malformed';
  return positive && decimal.digits === 0n ? 'decimal_not_positive' : undefined;
}
