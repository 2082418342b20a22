import { readSettings, SettingsFault } from './settings.ts';

interface Command {
  readonly summary: string;
  /** Answers the exit code. What a command needs is loaded when it is called. */
  run(args: readonly string[]): Promise<number>;
}

const usageExitCode = 2;

const commands: Readonly<Record<string, Command>> = {
  start: {
    summary: 'Start everything. --data <folder>  --host <address>  --port <number>',
    run: async (args) => {
      const settings = readSettings(args, process.env);
      await (await import('./local.ts')).runLocal(settings);
      return 0;
    },
  },
  demo: {
    summary: 'Bill 5,000 customers of a published usage file and prove it. --data <folder>  --tamper',
    run: async (args) => {
      const { runDemoCommand } = await import('./demo/demo-command.ts');
      return runDemoCommand(args, process.env);
    },
  },
  export: {
    summary:
      'Write the files of a log for an auditor, or the books for hledger. --out <folder>  --hledger  --data <folder>  --provider <slug>',
    run: async (args) => (await import('./export.ts')).runExport(args, process.env),
  },
  bundle: {
    summary: 'Write the proof bundle of a customer. --account <id> or --invoice <id>  --out <file>  --data <folder>  --provider <slug>',
    run: async (args) => (await import('./bundle.ts')).runBundle(args, process.env),
  },
  rerate: {
    summary: 'Compute the bill of a proof bundle again by the published rules. --bundle <file>  --usage <csv>',
    run: async (args) => (await import('./rerate.ts')).runRerate(args),
  },
  backup: {
    summary: 'Copy the data folder while the service runs. --out <folder>  --data <folder>',
    run: async (args) => (await import('./backup.ts')).runBackup(args, process.env),
  },
  fsck: {
    summary: 'Check the databases against the events: log, tiles, balances, read models, chain. --data <folder>  --provider <slug>  --json',
    run: async (args) => (await import('./fsck/fsck-command.ts')).runFsck(args, process.env),
  },
  recover: {
    summary:
      'Bring back the events that a restored log lacks. --from <folder|url>  --token <token>, or go on without them: ' +
      '--new-incarnation  --recovery-key <file>. --provider <slug>  --data <folder>',
    run: async (args) => (await import('./recover/recover-command.ts')).runRecover(args, process.env),
  },
  keys: {
    summary: 'Give a log another key. rotate --recovery-key <file>  --role log|receipts  --provider <slug>  --data <folder>',
    run: async (args) => (await import('./keys-command.ts')).runKeys(args, process.env),
  },
  'personal-data': {
    summary: 'Rotate the key that personal data lie under, or hand them to an auditor. rotate-key [--finish]  export --out <file>',
    run: async (args) => (await import('./personal-data.ts')).runPersonalData(args, process.env),
  },
  store: {
    summary: 'Move the log to another engine. copy --to <url>  verify --to <url>  adopt  --data <folder>',
    run: async (args) => (await import('./store/store-command.ts')).runStore(args, process.env),
  },
  chain: {
    summary:
      'Anchor on public chains: logs  list  unlist  latest  register  propose  accept  freeze  Pay on the local one: local-payments  For hardware wallets: descriptors',
    run: async (args) => (await import('./chain/chain-command.ts')).runChain(args, process.env),
  },
  settlement: {
    summary:
      'Hold what chains have against the books: reconcile --provider <slug>. Hold what the watcher keeps against the chain: resync --chain <id>  adopt --chain <id>. Let a halted chain go on: lift --chain <id>. ' +
      'adopt and lift take --by <name>  --reason <text>. Collect under mandates: mandates  collect --due-by <day>  uncollected. --data <folder>',
    run: async (args) => (await import('./settlement/settlement-command.ts')).runSettlement(args, process.env),
  },
  migrate: {
    summary: 'Bring the database to this release and stop. --data <folder>',
    run: async (args) => {
      const settings = readSettings(args, process.env);
      await (await import('./migrate.ts')).runMigrate(settings);
      return 0;
    },
  },
};

/** Commands that the starter answers itself. */
const starterCommands: Readonly<Record<string, string>> = {
  verify: 'Check a ledger with the independent verifier; --help tells more.',
  evidence: 'Check a file of evidence that verify wrote. check <file>  --genesis <hash>',
  reconcile: 'Hold a statement of a bank against the payments of a log. --statement <csv>',
  mirror: 'Keep a verified copy of a live log. --log <url>  --genesis <hash>  --out <folder>',
  'verify-bill': 'Check a bill from its proof bundle, offline; --help tells more.',
  'verify-entries': 'Check entries that were exported from a log, offline; --help tells more.',
  witness: 'Cosign the tree heads of a log, for its operator and everybody else; --help tells more.',
  test: 'Run the tests.',
  check: 'Run everything that CI checks.',
  bench: 'Measure. <name> [--json]',
  help: 'Show this.',
};

process.exitCode = await main(process.argv.slice(2));

async function main([name = 'help', ...args]: readonly string[]): Promise<number> {
  if (name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(usage());
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    process.stderr.write(`There is no command ${JSON.stringify(name)}.\n${usage()}`);
    return usageExitCode;
  }
  try {
    return await command.run(args);
  } catch (error) {
    if (error instanceof SettingsFault) return failed(error.message, usageExitCode);
    if (error instanceof Error && error.name.endsWith('Fault')) return failed(error.message, 1); // The world's failure, not ours.
    throw error;
  }
}

function failed(message: string, exitCode: number): number {
  process.stderr.write(`tallyroot: ${message}\n`);
  return exitCode;
}

function usage(): string {
  const summaries = [...Object.entries(commands).map(([name, { summary }]) => [name, summary]), ...Object.entries(starterCommands)];
  const lines = summaries.map(([name = '', summary = '']) => `  ${name.padEnd(15)}${summary}`);
  return ['Usage: bin/tallyroot <command> [options]', ...lines, ''].join('\n');
}
