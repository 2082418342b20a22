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
  testMatch: ['<rootDir>/test/**/*.test.ts', ...withoutServer],
  globalSetup: '<rootDir>/test/support/jest-global-setup.js',
  globalTeardown: '<rootDir>/test/support/jest-global-teardown.js',
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/artifacts/', '<rootDir>/.data/', '<rootDir>/.demo/'],
  testTimeout: 30_000,
};
