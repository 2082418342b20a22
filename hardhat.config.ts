import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { defineConfig } from 'hardhat/config';

// Hardhat reads this after the configuration and would otherwise report each run on a terminal to its makers.
process.env['HARDHAT_DISABLE_TELEMETRY'] = 'true';

/** The compiler is the npm package's own build, so that nothing is downloaded; the contracts' pragma names the same version. */
const solcFolder = dirname(createRequire(import.meta.url).resolve('solc/package.json'));

export default defineConfig({
  paths: { sources: ['./contracts', './test/solidity'] },
  solidity: {
    compilers: [
      {
        version: '0.8.37',
        path: join(solcFolder, 'soljson.js'),
        settings: { viaIR: true, evmVersion: 'prague', optimizer: { enabled: true, runs: 1_000_000 } },
      },
    ],
  },
});
