import { isObject, parseJson } from './canonical-json.ts';

/** The objects of a file: one a line, or one alone, or a list; undefined stands for what is no object. */
export function readObjects(text: string): ({ readonly [name: string]: unknown } | undefined)[] {
  const whole = parseJson(text);
  const values = Array.isArray(whole)
    ? (whole as unknown[])
    : whole !== undefined
      ? [whole]
      : text
          .split('\n')
          .filter((line) => line.trim() !== '')
          .map(parseJson);
  return values.map((value) => (isObject(value) ? value : undefined));
}
