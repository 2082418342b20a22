import { say } from './messages.js';
import { tool } from './run-node.js';
import { test } from './test.js';

const steps = {
  format: () => tool('prettier', ['--check', '--log-level', 'warn', '.']),
  lint: () => tool('eslint', ['--max-warnings', '0', '.']),
  types: () => tool('typescript', ['-p', '.']),
  'types of the verifier': () => tool('typescript', ['-p', 'verifier']),
  'import direction': () =>
    tool('dependency-cruiser', ['--config', '.dependency-cruiser.cjs', '--output-type', 'err', 'services', 'projections', 'verifier']),
  'dead code': () => tool('knip', []),
  tests: () => test([]),
};

/** What CI runs. Every step runs, so that one call shows everything there is to mend. `check <step> ...` runs some only. */
export async function check(names) {
  const unknown = names.filter((name) => !Object.hasOwn(steps, name));
  if (unknown.length > 0) {
    say(`Usage: npm run check -- [step ...]\nSteps: ${Object.keys(steps).join(', ')}`);
    return 2;
  }
  const failed = [];
  for (const name of names.length > 0 ? names : Object.keys(steps)) {
    say(`--- ${name}`);
    if ((await steps[name]()) !== 0) failed.push(name);
  }
  say(failed.length === 0 ? 'All checks passed.' : `Failed: ${failed.join(', ')}.`);
  return failed.length === 0 ? 0 : 1;
}
