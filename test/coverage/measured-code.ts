import type { Compiled } from '../support/compiled.ts';
import { instrument } from './instrumented.ts';

const instrumented = instrument();
export const { marks } = instrumented;

/** For `test/support/compiled.ts`: everything is compiled already. */
export function compile(): Promise<void> {
  return Promise.resolve();
}

/** The same code with marks. */
export function compiled(source: string, contract: string): Promise<Compiled> {
  return Promise.resolve(instrumented.compiled(source, contract));
}
