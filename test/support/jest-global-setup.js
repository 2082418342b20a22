import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Names the folder of this test run, where the first test that needs a database notes the server it started (postgres.ts). */
export default function setUp() {
  process.env['TALLYROOT_TEST_RUN'] = mkdtempSync(join(tmpdir(), 'tallyroot-test-run-'));
  process.env['TALLYROOT_TEST_RUN_PID'] = String(process.pid);
}
