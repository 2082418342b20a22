import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { configVariable, defineConfig, task } from 'hardhat/config';
import { ArgumentType } from 'hardhat/types/arguments';

// Hardhat reads this after the configuration and would otherwise report each run on a terminal to its makers.
process.env['HARDHAT_DISABLE_TELEMETRY'] = 'true';

/** The compiler is the npm package's own build, so that nothing is downloaded; the contracts' pragma names the same version. */
const solcFolder = dirname(createRequire(import.meta.url).resolve('solc/package.json'));

const solc = { version: '0.8.37', path: join(solcFolder, 'soljson.js') };
/** For every chain with transient storage. */
const settlementCompiler = (settings: { viaIR: boolean; runs: number }) => ({
  ...solc,
  settings: { viaIR: settings.viaIR, evmVersion: 'cancun', optimizer: { enabled: true, runs: settings.runs } },
});
/**
 * The registry has fifty functions and is called by every operation: the older code generator finds one by halves, the newer by trying all in turn,
 * which is 770 gas more for the one that comes late. The factory carries the code of the credit token, so that one stays small.
 */
const settlementCompilers = {
  PpvEscrow: settlementCompiler({ viaIR: true, runs: 1_000_000 }),
  PrepaidCredit: settlementCompiler({ viaIR: true, runs: 10_000 }),
  PrepaidCreditFactory: settlementCompiler({ viaIR: true, runs: 10_000 }),
  ProviderRegistry: settlementCompiler({ viaIR: false, runs: 1_000_000 }),
  ProviderSettlement: settlementCompiler({ viaIR: true, runs: 1_000_000 }),
};

/** The same on every chain that the deterministic deployer reaches. */
const permit2Everywhere = '0x000000000022D473030F116dDEE9F6B43aC78BA3';

const fuzzSeed = process.env['FUZZ_SEED'];

export default defineConfig({
  // For deployments alone: the address is read when a command connects to the chain, and nothing else needs it.
  networks: { chain: { type: 'http', url: configVariable('CHAIN_RPC_URL'), accounts: deployerKey() } },
  tasks: [
    task('deploy-anchor', 'Deploys the anchor contract')
      .addOption({ name: 'admin', description: 'Registers logs and names guardians', type: ArgumentType.STRING, defaultValue: '' })
      .addOption({ name: 'guardian', description: 'Can freeze a log', type: ArgumentType.STRING, defaultValue: '' })
      .addOption({
        name: 'adminDelay',
        description: 'Seconds that a change of the admin waits',
        type: ArgumentType.BIGINT,
        defaultValue: 172_800n,
      })
      .setAction(() => import('./ignition/deploy-anchor.action.ts'))
      .build(),
    task('deploy-settlement', 'Deploys registry, settlement, escrow and the factory of credit')
      .addOption({ name: 'admin', description: 'Creates and recovers providers', type: ArgumentType.STRING, defaultValue: '' })
      .addOption({ name: 'guardian', description: 'Can pause', type: ArgumentType.STRING, defaultValue: '' })
      .addOption({ name: 'feeAdmin', description: 'Sets fees', type: ArgumentType.STRING, defaultValue: '' })
      .addOption({ name: 'feeReceiver', description: 'Gets fees', type: ArgumentType.STRING, defaultValue: '' })
      .addOption({ name: 'permit2', description: 'Where Permit2 stands', type: ArgumentType.STRING, defaultValue: permit2Everywhere })
      .addOption({ name: 'feeCap', description: 'Hundredths of a percent, for ever', type: ArgumentType.BIGINT, defaultValue: 500n })
      .addOption({
        name: 'adminDelay',
        description: 'Seconds that a change of the admin waits',
        type: ArgumentType.BIGINT,
        defaultValue: 172_800n,
      })
      .addOption({
        name: 'chains',
        description: 'The file of all chains, which SETTLEMENT_CHAINS names',
        type: ArgumentType.STRING,
        defaultValue: 'settlement-chains.json',
      })
      .setAction(() => import('./ignition/deploy-settlement.action.ts'))
      .build(),
  ],
  paths: { sources: ['./contracts', './test/solidity'], tests: { solidity: './test/fuzz' } },
  // Every run is the same one, unless FUZZ_SEED names another: 32 bytes in 0x-hex. The handler makes calls out of any numbers, so values
  // that the contracts have met are no better than others.
  test: {
    solidity: {
      fsPermissions: { readFile: ['test/vectors/merkle-proofs.json', 'test/vectors/permit2.json'] },
      fuzz: { runs: 10_000, ...(fuzzSeed !== undefined && { seed: fuzzSeed }) },
      invariant: { runs: 10_000, depth: 10, failOnRevert: true, includeStorage: false, includePushBytes: false, dictionaryWeight: 0 },
    },
  },
  // Tests are compiled apart, where they run: nobody else waits for them.
  solidity: {
    splitTestsCompilation: true,
    compilers: [
      {
        ...solc,
        settings: { viaIR: true, evmVersion: 'prague', optimizer: { enabled: true, runs: 1_000_000 } },
      },
    ],
    overrides: Object.fromEntries(Object.entries(settlementCompilers).map(([name, compiler]) => [`contracts/${name}.sol`, compiler])),
  },
});

/** 32 bytes in hex, from the file that CHAIN_DEPLOYER_KEY_FILE names; without one the chain's node signs. */
function deployerKey(): [string] | 'remote' {
  const file = process.env['CHAIN_DEPLOYER_KEY_FILE'];
  return file === undefined
    ? 'remote'
    : [
        readFileSync(file, 'utf8')
          .trim()
          .replace(/^(?:0x)?/, '0x'),
      ];
}
