import { readdirSync, readFileSync } from 'node:fs';
import { inProject, projectRoot } from './project-root.js';
import { node, tool } from './run-node.js';

const slow = 'test/(start|crash|load)/';

const selections = {
  '--slow': () => ['--testPathPatterns', slow],
  '--event-store': () => [
    ...['--testPathPatterns', 'test/contracts/event-store/'],
    ...['--reporters', 'default', '--reporters', inProject('test', 'contracts', 'event-store', 'promise-reporter.js')],
  ],
  '--attacks': () => [
    ...['--testPathPatterns', 'test/attacks/'],
    ...['--reporters', 'default', '--reporters', inProject('test', 'attacks', 'attack-reporter.js')],
  ],
  '--settlement': () => [
    ...['--runTestsByPath', ...filesNaming('[SET-A'), '--testNamePattern', '\\[SET-A\\d+\\]'],
    ...['--reporters', 'default', '--reporters', inProject('test', 'settlement', 'attack-reporter.js')],
  ],
  '--chaos': () => [
    ...['--runTestsByPath', ...filesOfChaos()],
    ...['--reporters', 'default', '--reporters', inProject('test', 'settlement', 'chaos-reporter.js')],
  ],
};

/**
 * Without arguments: all tests but those that take minutes, by starting the whole product again and again or by their load; `--slow` runs those.
 * `--event-store` holds every event store at hand to its contract, `--attacks` simulates every attack of the table, `--settlement` those on
 * payments, `--chaos` fails the watcher and the sender of them in every way of the table. Any other arguments go to Jest.
 */
export async function test(args) {
  const selection =
    args.length === 0 ? ['--testPathIgnorePatterns', slow, '/node_modules/'] : args.flatMap((arg) => selections[arg]?.() ?? arg);
  const jest = inProject('node_modules', 'jest', 'bin', 'jest.js');
  const exitCode = await node(['--experimental-vm-modules', '--no-warnings', jest, ...selection], { cwd: projectRoot });
  return args.length === 0 ? (await testSolidity([])) || exitCode : exitCode;
}

/** The laws of the contracts (test/fuzz), by Hardhat's own runner. Arguments go to it: `--grep <test>` runs some only. */
export function testSolidity(args) {
  return tool('hardhat', ['test', 'solidity', ...args]);
}

/** Tests of one kind stand in many folders, beside what they need; they are found by their names. */
function filesNaming(text) {
  const folder = inProject('test');
  return readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => inProject('test', file))
    .filter((file) => readFileSync(file, 'utf8').includes(text));
}

/** The table is read as text: whatever Node started this reads no TypeScript. */
function filesOfChaos() {
  const table = readFileSync(inProject('test', 'settlement', 'chaos-table.ts'), 'utf8');
  return [...new Set(table.match(/(?<=')[a-z/-]+\.test\.ts(?=')/g))].map((file) => inProject('test', file));
}
