import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { projectRoot } from '../../services/read-store/project-root.ts';
import { inheritedEnvironment, type ServiceFolder, StartedCommand } from './started-service.ts';

const root = projectRoot(import.meta.dirname);

/** The shell blocks under a heading of a page in `docs`, in their order, as a reader copies them. */
export function shellBlocks(page: string, heading: string): readonly string[] {
  const sections = readFileSync(join(root, 'docs', page), 'utf8').split(/^## /m);
  const section = sections.find((text) => text.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`docs/${page} has no section ${heading}.`);
  return Array.from(section.matchAll(/^( *)```sh\n(.*?)^ *```$/gms), ([, indent = '', block = '']) =>
    block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );
}

/** Ends what a block says; no text of ours holds it. */
const mark = '\x1e';
/**
 * What a reader would see and stop at ends the shell here: a command that fails, and an answer of the API that is a problem. A busy machine
 * may answer that something is to be asked again a second later, which a reader does.
 */
const strict = `set -eo pipefail
curl() { command curl --fail --show-error --retry 20 "$@"; }
`;

/**
 * The terminals of somebody who follows a guide in a fresh checkout: what is set in one block is there in the next. `placeholders` are
 * what the guide leaves open, as `<chain>`, and addresses that are others here, since more than one service may run on this machine.
 */
export class GuideReader {
  readonly placeholders = new Map<string, string>();
  readonly #folder: ServiceFolder;
  readonly #cwd: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #shell;
  readonly #ended: Promise<'ended'>;
  #said = '';
  #complained = '';

  constructor(folder: ServiceFolder) {
    this.#folder = folder;
    this.#cwd = dirname(folder.path);
    for (const name of ['bin', 'node_modules', 'package.json']) symlinkSync(join(root, name), join(this.#cwd, name));
    symlinkSync(folder.path, join(this.#cwd, '.data'));
    this.#environment = { ...inheritedEnvironment(), TALLYROOT_DATA: folder.path, PORT: '0' };
    this.#shell = spawn('bash', [], { cwd: this.#cwd, env: this.#environment, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#shell.stdout.on('data', (text: Buffer) => (this.#said += text.toString()));
    this.#shell.stderr.on('data', (text: Buffer) => (this.#complained += text.toString()));
    this.#ended = once(this.#shell, 'close').then(() => 'ended');
    this.#shell.stdin.write(strict);
  }

  /** What the block prints. One that fails is an error with all of it. */
  async run(block: string): Promise<string> {
    this.#said = '';
    this.#complained = '';
    const text = this.#filled(block);
    // From a file: what a block runs may read the terminal, and would take the next block for its input.
    writeFileSync(join(this.#cwd, 'block.sh'), text);
    this.#shell.stdin.write(`source ./block.sh < /dev/null; printf '${mark}'\n`);
    while (!this.#said.endsWith(mark)) {
      if ((await Promise.race([once(this.#shell.stdout, 'data'), this.#ended])) === 'ended')
        throw new Error(`A block of the guide failed:\n${text}\nIt said:\n${this.#said}\n${this.#complained}`);
    }
    return this.#said.slice(0, -mark.length);
  }

  /** Starts what goes on until Ctrl-C, in a terminal of its own, and waits until it is ready. */
  async start(block: string): Promise<StartedCommand> {
    const command = new StartedCommand(['-c', this.#filled(block)], this.#environment, { program: 'bash', cwd: this.#cwd });
    await this.#folder.ends(command).printed('Ctrl-C');
    return command;
  }

  async close(): Promise<void> {
    this.#shell.stdin.end();
    await this.#ended;
  }

  #filled(block: string): string {
    return [...this.placeholders].reduce((text, [name, value]) => text.replaceAll(name, value), block);
  }
}
