import { createRequire } from 'node:module';
import type { expect as Expect } from '@jest/globals';

const jest = createRequire(import.meta.url).resolve('jest/package.json');

/** Jest's own, which works outside of it. With what follows it stands for Jest's globals: tests are collected and not run. */
export const { expect } = createRequire(jest)('expect') as { expect: typeof Expect };

type Body = (...args: unknown[]) => unknown;

/** A test, with what its file does before and after each. */
export interface Collected {
  readonly name: string;
  readonly source: string;
  readonly run: () => Promise<void>;
}

interface Hooks {
  readonly beforeAll: Body[];
  readonly beforeEach: Body[];
  readonly afterEach: Body[];
  readonly afterAll: Body[];
}

const empty = (): Hooks => ({ beforeAll: [], beforeEach: [], afterEach: [], afterAll: [] });
/** Of the file, and of each `describe` that is being read. */
let scopes: [Hooks, ...Hooks[]] = [empty()];
let collected: Collected[] = [];
let prefix = '';

/** Collects the tests of one file, which `load` imports. */
export async function collect(load: () => Promise<unknown>): Promise<{ tests: readonly Collected[]; hooks: Hooks }> {
  [scopes, collected, prefix] = [[empty()], [], ''];
  await load();
  return { tests: collected, hooks: scopes[0] };
}

export const beforeAll = (body: Body): unknown => scopes[0].beforeAll.push(body);
export const beforeEach = (body: Body): unknown => scopes.at(-1)?.beforeEach.push(body);
export const afterEach = (body: Body): unknown => scopes.at(-1)?.afterEach.push(body);
export const afterAll = (body: Body): unknown => scopes[0].afterAll.push(body);

export function describe(name: string, body: () => void): void {
  const outer = prefix;
  prefix = `${outer}${name} `;
  scopes.push(empty());
  body();
  scopes.pop();
  prefix = outer;
}

describe.each = (rows: readonly unknown[]) => (name: string, body: Body) =>
  rows.forEach((row, index) => describe(`${name} ${index}`, () => void body(...[row].flat())));

export function it(name: string, body: Body): void {
  add(name, body, []);
}

it.each = (rows: readonly unknown[]) => (name: string, body: Body) => rows.forEach((row) => add(name, body, [row].flat()));

function add(name: string, body: Body, args: unknown[]): void {
  const own = [...scopes];
  const run = async () => {
    for (const before of own.flatMap(({ beforeEach }) => beforeEach)) await before();
    try {
      await body(...args);
    } finally {
      for (const after of own.toReversed().flatMap(({ afterEach }) => afterEach)) await after();
    }
  };
  collected.push({
    name: `${prefix}${name}`,
    source: `${body.toString()} ${JSON.stringify(args, (_, value: unknown) => String(value))}`,
    run,
  });
}
