import { availableParallelism } from 'node:os';

/** A server that nobody named is not there to be tested; its file would have no test. */
const withoutServer = process.env.EVENTSTORE_URL ? [] : ['!**/test/contracts/event-store/eventstoredb.test.ts'];

/** @type {import('jest').Config} */
export default {
  rootDir: '.',
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2024',
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Two at least, also where there are two cores: most of what the tests do is wait, for a database, a chain or a process.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  testSequencer: '<rootDir>/test/support/longest-first.sequencer.js',
  testMatch: ['<rootDir>/test/**/*.test.ts', ...withoutServer],
  globalSetup: '<rootDir>/test/support/jest-global-setup.js',
  globalTeardown: '<rootDir>/test/support/jest-global-teardown.js',
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/artifacts/', '<rootDir>/.data/', '<rootDir>/.demo/'],
  // Ends what hangs. No test is about how long it takes, and a busy machine may take many times as long as an idle one.
  testTimeout: 120_000,
};
