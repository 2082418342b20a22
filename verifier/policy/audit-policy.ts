import type { GapRules } from '../checks/cadence.ts';
import type { WitnessQuorum } from '../checks/witnesses.check.ts';
import { isObject } from '../log/canonical-json.ts';
import { parseWitnessKey } from '../note/cosignature.ts';
import type { NoteKey } from '../note/vkey.ts';

/** What an auditor decided once, and not anew on each command line: docs/reference/audit-policy.md. */
export interface AuditPolicy {
  readonly log: string | undefined;
  /** 64 lower-case hex. */
  readonly genesis: string | undefined;
  /** Lower-case 0x-hex. */
  readonly contract: string | undefined;
  readonly rpc: readonly string[];
  readonly witnesses: WitnessQuorum | undefined;
  readonly gaps: GapRules | undefined;
}

export const policyVersion = 'tallyroot-audit-policy/1';

const numberPattern = /^(0|[1-9][0-9]{0,11})$/;
const instantPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z$/;

/** Throws `RangeError` with a sentence for anything that is no policy: a member that is misspelt would silently ask for less. */
export function parseAuditPolicy(text: string): AuditPolicy {
  const file = fieldsOf(readJson(text), 'The policy', ['v', 'log', 'genesis', 'contract', 'rpc', 'witnesses', 'gaps']);
  if (file['v'] !== policyVersion) throw new RangeError(`The policy's "v" is not "${policyVersion}".`);
  return {
    log: textOf(file['log'], 'log', /./),
    genesis: textOf(file['genesis'], 'genesis', /^(0x)?[0-9a-f]{64}$/i)
      ?.toLowerCase()
      .replace(/^0x/, ''),
    contract: textOf(file['contract'], 'contract', /^0x[0-9a-f]{40}$/i)?.toLowerCase(),
    rpc: listOf(file['rpc'] ?? [], 'rpc').map((url) => required(textOf(url, 'rpc', /^https?:\/\//), 'rpc')),
    witnesses: file['witnesses'] === undefined ? undefined : witnessesOf(file['witnesses']),
    gaps: file['gaps'] === undefined ? undefined : gapsOf(file['gaps']),
  };
}

function witnessesOf(value: unknown): WitnessQuorum {
  const fields = fieldsOf(value, '"witnesses"', ['quorum', 'vkeys', 'ageSecondsMax']);
  const keys = listOf(fields['vkeys'], 'witnesses.vkeys').map(witnessKeyOf);
  if (new Set(keys.map(({ vkey }) => vkey.split('+').at(-1))).size < keys.length)
    throw new RangeError('"witnesses.vkeys" names a key twice: one hand must not count as two.');
  const quorum = required(numberOf(fields['quorum'], 'witnesses.quorum'), 'witnesses.quorum');
  if (quorum < 1 || quorum > keys.length) throw new RangeError(`"witnesses.quorum" is not between 1 and the ${keys.length} keys.`);
  return { quorum, keys, ageSecondsMax: numberOf(fields['ageSecondsMax'], 'witnesses.ageSecondsMax') };
}

function witnessKeyOf(value: unknown): NoteKey {
  const key = typeof value === 'string' ? parseWitnessKey(value) : undefined;
  if (key === undefined) throw new RangeError(`"witnesses.vkeys" holds what is no key of a witness: ${JSON.stringify(value)}`);
  return key;
}

function gapsOf(value: unknown): GapRules {
  const fields = fieldsOf(value, '"gaps"', ['secondsMax', 'tolerated']);
  const tolerated = listOf(fields['tolerated'] ?? [], 'gaps.tolerated').map((gap) => {
    const { from, to, why } = fieldsOf(gap, 'A tolerated gap', ['from', 'to', 'why']);
    const reason = required(textOf(why, 'gaps.tolerated.why', /\S/), 'gaps.tolerated.why');
    return { from: secondsOf(from, 'from'), to: secondsOf(to, 'to'), why: reason };
  });
  return { secondsMax: numberOf(fields['secondsMax'], 'gaps.secondsMax'), tolerated };
}

function secondsOf(value: unknown, name: string): number {
  const instant = required(textOf(value, `gaps.tolerated.${name}`, instantPattern), `gaps.tolerated.${name}`);
  const milliseconds = Date.parse(instant);
  if (Number.isNaN(milliseconds)) throw new RangeError(`"gaps.tolerated.${name}" is no instant: ${instant}`);
  return Math.floor(milliseconds / 1000);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new RangeError(`The policy is no JSON: ${(error as Error).message}`, { cause: error });
  }
}

function fieldsOf(value: unknown, what: string, names: readonly string[]): { readonly [name: string]: unknown } {
  if (!isObject(value)) throw new RangeError(`${what} is no object.`);
  const unknown = Object.keys(value).filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new RangeError(`${what} has members that nobody knows: ${unknown.join(', ')}. Known are ${names.join(', ')}.`);
  return value;
}

function listOf(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new RangeError(`"${name}" is no list.`);
  return value;
}

function textOf(value: unknown, name: string, pattern: RegExp): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !pattern.test(value)) throw new RangeError(`"${name}" is not what it must be: ${JSON.stringify(value)}`);
  return value;
}

function numberOf(value: unknown, name: string): number | undefined {
  const text = textOf(value, name, numberPattern);
  return text === undefined ? undefined : Number(text);
}

function required<Value>(value: Value | undefined, name: string): Value {
  if (value === undefined) throw new RangeError(`"${name}" is missing.`);
  return value;
}
