const promiseCount = 70;
const engines = /^(memory|postgres|eventstoredb-.+)$/;

/**
 * Counts promises, not tests: one is kept when every test that bears its number passed. Ends a run with a line for each engine,
 * `<engine> <kept>/<tested> (<left out> not applicable)`, and names what was broken.
 */
export default class PromiseReporter {
  onRunComplete(_contexts, { testResults }) {
    const lines = [];
    for (const [engine, promises] of promisesByEngine(testResults)) {
      const broken = [...promises].filter(([, kept]) => !kept).map(([number]) => number);
      const brokenToo = broken.length > 0 ? `, broken: ${broken.toSorted((left, right) => left - right).join(', ')}` : '';
      const kept = promises.size - broken.length;
      lines.push(`${engine} ${kept}/${promises.size} (${promiseCount - promises.size} not applicable)${brokenToo}\n`);
    }
    process.once('exit', () => process.stdout.write(lines.join(''))); // Jest's own summary comes after all reporters.
  }
}

/** Per engine, whether each promise that was tested is kept. Tests that were skipped say nothing. */
function promisesByEngine(files) {
  const byEngine = new Map();
  for (const { ancestorTitles, title, status } of files.flatMap((file) => file.testResults)) {
    const [engine = ''] = ancestorTitles;
    const [numbers] = /^\d+(, \d+)*(?= )/.exec(title) ?? [];
    if (!engines.test(engine) || numbers === undefined || !['passed', 'failed'].includes(status)) continue;
    const promises = byEngine.get(engine) ?? new Map();
    for (const number of numbers.split(', ').map(Number)) promises.set(number, status === 'passed' && (promises.get(number) ?? true));
    byEngine.set(engine, promises);
  }
  return [...byEngine].toSorted(([left], [right]) => (left < right ? -1 : 1));
}
