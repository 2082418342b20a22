import { sep } from 'node:path';
import TestSequencer from '@jest/test-sequencer';

/** What takes a minute or more, the longest first. */
const longest = [
  'test/crash/demo-crash.test.ts',
  'test/contracts/event-store/eventstoredb-double.test.ts',
  'test/contracts/event-store/postgres.test.ts',
  'test/load/burst.test.ts',
  'test/start/new-incarnation.test.ts',
  'test/settlement/escrow.test.ts',
  'test/e2e/read-models-go-on.test.ts',
  'test/integration/fsck/fsck.test.ts',
  'test/integration/store/recover.test.ts',
  'test/e2e/pay-page.test.ts',
];

/**
 * Begins with the files that take longest, so that no worker is left alone with one at the end. Jest knows by itself what an earlier run
 * took, but on a clean checkout there was none, and the size of these files says nothing.
 */
export default class LongestFirst extends TestSequencer {
  async sort(tests) {
    const sorted = await super.sort(tests);
    return sorted.toSorted((one, other) => rank(one) - rank(other));
  }
}

function rank({ path }) {
  const place = longest.findIndex((name) => path.split(sep).join('/').endsWith(name));
  return place === -1 ? longest.length : place;
}
