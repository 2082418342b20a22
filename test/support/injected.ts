import { expect } from '@jest/globals';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

/** One line for each test that counted, in the folder of the run, for the reporter. */
export const injectedFile = 'faults-injected.jsonl';

/** The test that runs has injected its fault at so many points; once is what a test is taken for that does not say. */
export function injected(points: number): void {
  const folder = process.env['TALLYROOT_TEST_RUN'];
  const { currentTestName } = expect.getState();
  if (folder !== undefined) appendFileSync(join(folder, injectedFile), `${JSON.stringify({ test: currentTestName, points })}\n`);
}
