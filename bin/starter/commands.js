import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { ensureBuild } from './build.js';
import { buildContracts, check } from './check.js';
import { ensureDependencies } from './dependencies.js';
import { say } from './messages.js';
import { installLocked } from './npm.js';
import { inProject } from './project-root.js';
import { node, tool } from './run-node.js';
import { test, testSolidity } from './test.js';

/** Commands for those who work on the project; every other one is the service's own (services/main/cli.ts) and needs the build. */
const projectCommands = {
  verify: (args) => lean([inProject('verifier', 'cli.ts'), ...args]),
  mirror: (args) => lean([inProject('verifier', 'mirror-cli.ts'), ...args]),
  evidence: (args) => node([inProject('verifier', 'evidence-cli.ts'), ...args]),
  reconcile: (args) => lean([inProject('verifier', 'reconcile-cli.ts'), ...args]),
  'verify-bill': (args) => node([inProject('verifier', 'bill-cli.ts'), ...args]),
  'verify-entries': (args) => node([inProject('verifier', 'entries-cli.ts'), ...args]),
  witness: (args) => node([inProject('verifier', 'witness', 'cli.ts'), ...args]),
  test,
  'test:solidity': testSolidity,
  'test:mutation': (args) => node(['--no-warnings', inProject('test', 'mutation', 'main.ts'), ...args]),
  'test:coverage': (args) => node(['--no-warnings', inProject('test', 'coverage', 'main.ts'), ...args]),
  check,
  bench,
  build: async () => {
    await ensureBuild();
    return 0;
  },
  lint: () => tool('eslint', ['.']),
  format: () => tool('prettier', ['--write', '.']),
  typecheck: () => tool('typescript', ['-p', '.']),
  'contracts:build': buildContracts,
};

/** Runs one command line on this Node (24 or newer) and answers its exit code. */
export async function run([command = 'help', ...args]) {
  await ensureDependencies();
  if (Object.hasOwn(projectCommands, command)) return projectCommands[command](args);
  await ensureBuild();
  return node(['--enable-source-maps', inProject('dist', 'services', 'main', 'cli.js'), command, ...args]);
}

/** What reads a whole log, with a runtime that gives memory back instead of taking more. */
function lean(args) {
  return node([...JSON.parse(readFileSync(inProject('verifier', 'node-flags.json'), 'utf8')), ...args]);
}

async function bench([name, ...args]) {
  const names = readdirSync(inProject('bench')).flatMap((file) => /^(.+)\.bench\.ts$/.exec(file)?.[1] ?? []);
  if (!names.includes(name)) {
    say(`Usage: npm run bench -- <name> [--json]\nNames: ${names.join(', ')}`);
    return 2;
  }
  await ensureBuild();
  if (name === 'event-store') ensurePeers();
  return node(['--enable-source-maps', inProject('dist', 'bench', 'main.js'), name, ...args]);
}

/** What ours is measured beside has dependencies of its own, which nobody else needs. */
function ensurePeers() {
  const folder = inProject('bench', 'peers');
  if (existsSync(inProject('bench', 'peers', 'node_modules', '.package-lock.json'))) return;
  say('Installing the stores that ours is measured beside ...');
  installLocked(folder, process.execPath);
}
