import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runningPostmaster } from '../../services/main/embedded/postmaster-file.ts';
import { beginningOf } from '../../services/main/embedded/process-identity.ts';
import { projectRoot } from '../../services/read-store/project-root.ts';

const root = projectRoot(import.meta.dirname);
const startMsMax = 60_000;

/** What is run in place of `bin/tallyroot`, and where. */
interface CommandPlace {
  readonly program?: string;
  readonly cwd?: string;
}

/** `bin/tallyroot` as a user runs it: a child process in a process group of its own, known by what it prints. */
export class StartedCommand {
  output = '';
  readonly exit: Promise<number | null>;
  private readonly child: ChildProcess;

  constructor(args: readonly string[], environment: NodeJS.ProcessEnv = {}, { program, cwd }: CommandPlace = {}) {
    const [command, ...first] = program === undefined ? [process.execPath, join(root, 'bin', 'tallyroot')] : [program];
    this.child = spawn(command, [...first, ...args], {
      ...(cwd !== undefined && { cwd }),
      detached: true,
      env: { ...inheritedEnvironment(), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.on('data', (text: Buffer) => (this.output += text.toString()));
    this.exit = new Promise((resolve) => this.child.once('close', resolve));
  }

  /** Waits until the text was printed; a command that ends before, or takes too long, is an error with all that it printed. */
  async printed(text: string): Promise<void> {
    const deadline = Date.now() + startMsMax;
    let ended = false;
    void this.exit.then(() => (ended = true));
    while (!this.output.includes(text)) {
      if (ended || Date.now() > deadline) throw new Error(`The command did not print ${JSON.stringify(text)} but:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** To the whole group, as a terminal does it. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-(this.child.pid ?? 0), signal);
  }
}

/** What a user's shell has: nothing of the test run, nor of the npm that started it. */
export function inheritedEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|TALLYROOT_|NODE_OPTIONS)/.test(name)));
}

/** A data folder of its own, below a 0700 folder with a space in its name. */
export class ServiceFolder {
  readonly path = join(mkdtempSync(join(tmpdir(), 'tallyroot start ')), 'data');
  private readonly started: StartedCommand[] = [];

  start(...args: string[]): StartedCommand {
    return this.ends(new StartedCommand(['start', '--data', this.path, '--port', '0', ...args]));
  }

  /** Ends with the folder. */
  ends(command: StartedCommand): StartedCommand {
    this.started.push(command);
    return command;
  }

  async startUntilReady(): Promise<StartedCommand> {
    const command = this.start();
    await command.printed('Ctrl-C');
    return command;
  }

  /** What a file of the folder says, once it is there. */
  async contentOf(name: string): Promise<string> {
    for (const deadline = Date.now() + startMsMax; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
      const path = join(this.path, name);
      if (existsSync(path)) return readFileSync(path, 'utf8');
      if (Date.now() > deadline) throw new Error(`${path} did not appear.`);
    }
  }

  /** Pids of the engines that live now. */
  engines(): { postgres: number | undefined; chain: number | undefined } {
    const { pid, began } = JSON.parse(readFileSync(join(this.path, 'chain', 'process.json'), 'utf8')) as { pid: number; began: string };
    return {
      postgres: runningPostmaster(join(this.path, 'postgres', 'cluster'))?.pid,
      chain: beginningOf(pid) === began ? pid : undefined,
    };
  }

  /** The service and its engines at once, as when the machine fails. */
  async killEverything(service: StartedCommand): Promise<void> {
    const { postgres, chain } = this.engines();
    service.signalGroup('SIGKILL');
    for (const pid of [postgres, chain]) if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await service.exit;
  }

  /** Ends whatever a test left running, and deletes the folder. */
  async remove(): Promise<void> {
    for (const command of this.started) {
      try {
        command.signalGroup('SIGKILL');
      } catch {
        continue; // It has ended by itself.
      }
      await command.exit;
    }
    try {
      const { postgres, chain } = this.engines();
      for (const pid of [postgres, chain]) if (pid !== undefined) process.kill(pid, 'SIGKILL');
    } catch {
      // No engine was ever started here.
    }
    rmSync(join(this.path, '..'), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
