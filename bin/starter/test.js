import { inProject, projectRoot } from './project-root.js';
import { node } from './run-node.js';

/**
 * Without arguments: all tests but those that start the whole product again and again, which take minutes; `--slow` runs those.
 * Any other arguments go to Jest.
 */
export function test(args) {
  const slow = 'test/(start|crash)/';
  const selection =
    args.length === 0
      ? ['--testPathIgnorePatterns', slow, '/node_modules/']
      : args.flatMap((arg) => (arg === '--slow' ? ['--testPathPatterns', slow, '--runInBand'] : arg));
  const jest = inProject('node_modules', 'jest', 'bin', 'jest.js');
  return node(['--experimental-vm-modules', '--no-warnings', jest, ...selection], { cwd: projectRoot });
}
