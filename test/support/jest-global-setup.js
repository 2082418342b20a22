import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Names the folder of this test run, where the first test that needs a database notes the server it started (postgres.ts), and where the
 * processes that tests start keep what they compiled: there are hundreds of them, of the same few programs.
 */
export default function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'tallyroot-test-run-'));
  process.env['TALLYROOT_TEST_RUN'] = folder;
  process.env['TALLYROOT_TEST_RUN_PID'] = String(process.pid);
  process.env['NODE_COMPILE_CACHE'] = join(folder, 'compile-cache');
}
