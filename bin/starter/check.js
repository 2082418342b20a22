import { readdirSync, readFileSync } from 'node:fs';
import { say } from './messages.js';
import { inProject } from './project-root.js';
import { node, tool } from './run-node.js';
import { test } from './test.js';

const steps = {
  format: () => tool('prettier', ['--check', '--log-level', 'warn', '.']),
  lint: () => tool('eslint', ['--max-warnings', '0', '.']),
  types: () => tool('typescript', ['-p', '.']),
  directions: () =>
    tool('dependency-cruiser', ['--config', '.dependency-cruiser.cjs', '--output-type', 'err', 'services', 'projections', 'verifier']),
  'dead-code': () => tool('knip', ['--no-progress']),
  generated: generatedIsUnchanged,
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

/** Compiles the contracts and writes what is generated from them. */
export async function buildContracts() {
  return (await tool('hardhat', ['build', '--no-tests'])) || node([inProject('contracts', 'generate.ts')]);
}

async function generatedIsUnchanged() {
  const before = generated();
  const exitCode = await buildContracts();
  if (exitCode !== 0) return exitCode;
  const changed = Object.entries(generated()).flatMap(([name, text]) => (text === before[name] ? [] : [name]));
  if (changed.length > 0) say(`contracts/generated/ was not what its source makes (${changed.join(', ')}); commit what stands there now.`);
  return changed.length === 0 ? 0 : 1;
}

function generated() {
  const folder = inProject('contracts', 'generated');
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(inProject('contracts', 'generated', name), 'utf8')]));
}
