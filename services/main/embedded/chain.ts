import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hasEnded, spawnEngine, tailOf } from './child-engine.ts';
import { chainBinary } from './chain-binary.ts';
import { ChainFinaliser } from './chain-finaliser.ts';
import { ChainRpc } from './chain-rpc.ts';
import { ChainStateFile } from './chain-state-file.ts';
import type { DataFolder } from './data-folder.ts';
import { EngineFault } from './engine-fault.ts';
import { freePort } from './free-port.ts';
import { writePrivateFile } from './private-file.ts';
import { beginningOf } from './process-identity.ts';

export interface EmbeddedChain {
  readonly rpcUrl: string;
  /** Resolves when what is on the chain now is in the kept copy of its state, and so would survive any crash. About a second. */
  kept(): Promise<void>;
  /** Ends the chain after it has written its state. */
  stop(): Promise<void>;
}

/** How the running node is found again after the process that started it was killed. */
interface ChainProcess {
  readonly pid: number;
  readonly began: string;
  readonly port: number;
}

const localChainId = 31_337;
const startMsMax = 20_000;
const stopMsMax = 10_000;
const keptPollMs = 100;

/**
 * Starts the local chain of this data folder on the state it had, or goes on with the node that a killed process left running. `warn` is
 * told when the last second was lost and the good copy of the state was taken. The caller holds the data folder.
 */
export async function startChain(folder: DataFolder, warn: (text: string) => void): Promise<EmbeddedChain> {
  const chain = new LocalChain(folder.chain, warn);
  await chain.run();
  const finaliser = new ChainFinaliser(chain.rpc, chain.state, () => chain.revive());
  finaliser.start();
  return {
    rpcUrl: chain.rpc.url,
    kept: () => chain.kept(),
    stop: async () => {
      await finaliser.stop();
      await chain.stop();
    },
  };
}

class LocalChain {
  readonly state: ChainStateFile;
  private readonly log: string;
  private readonly processFile: string;
  private readonly warn: (text: string) => void;
  private process: ChainProcess | undefined;

  constructor(folder: string, warn: (text: string) => void) {
    this.state = new ChainStateFile(folder);
    this.log = join(folder, 'node.log');
    this.processFile = join(folder, 'process.json');
    this.warn = warn;
  }

  get rpc(): ChainRpc {
    if (this.process === undefined) throw new Error('The local chain has not been started.');
    return new ChainRpc(`http://127.0.0.1:${this.process.port}`);
  }

  async run(): Promise<void> {
    const last = existsSync(this.processFile) ? readProcess(this.processFile) : undefined;
    if (last !== undefined && beginningOf(last.pid) === last.began) {
      this.process = last;
      if (await this.answers()) return;
      await this.kill(last.pid);
    }
    await this.launch(await freePort(last?.port));
  }

  /** Starts the node again, at the same address, if it has ended while we were running. */
  async revive(): Promise<void> {
    if (this.process === undefined || beginningOf(this.process.pid) !== undefined) return;
    this.warn('The local chain had ended and was started again.');
    await this.launch(this.process.port);
  }

  async kept(): Promise<void> {
    const head = (await this.rpc.block('latest')).number;
    while (this.state.lastBlockKept < head) await delay(keptPollMs, undefined, { ref: false });
  }

  async stop(): Promise<void> {
    const { pid } = this.process ?? {};
    this.process = undefined;
    if (pid === undefined || beginningOf(pid) === undefined) return;
    process.kill(pid, 'SIGTERM');
    if (!(await hasEnded(pid, stopMsMax))) await this.kill(pid);
    this.state.keep();
  }

  private async launch(port: number): Promise<void> {
    const repaired = this.state.repair();
    if (repaired === 'restored') this.warn('The state of the local chain was damaged; its last good copy is used.');
    if (repaired === 'lost') this.warn('The state of the local chain was damaged and had no good copy; a new chain begins.');
    const endpoint = ['--host', '127.0.0.1', '--port', String(port), '--chain-id', String(localChainId)];
    const keeping = ['--slots-in-an-epoch', '1', '--state', this.state.path, '--state-interval', '1', '--quiet'];
    const child = await spawnEngine({ program: chainBinary(), args: [...endpoint, ...keeping], log: this.log, options: {} });
    const pid = child.pid ?? 0;
    this.process = { pid, began: beginningOf(pid) ?? '', port };
    writePrivateFile(this.processFile, JSON.stringify(this.process));
    for (const deadline = Date.now() + startMsMax; !(await this.answers()); await delay(20)) {
      if (beginningOf(pid) !== undefined && Date.now() < deadline) continue;
      await this.kill(pid);
      throw new EngineFault(`The local chain does not start (${tailOf(this.log)}); its log is ${this.log}.`);
    }
  }

  private async answers(): Promise<boolean> {
    try {
      return (await this.rpc.chainId()) === localChainId;
    } catch {
      return false; // Not yet, or not at all: the caller looks whether the process lives.
    }
  }

  private async kill(pid: number): Promise<void> {
    if (beginningOf(pid) === undefined) return;
    process.kill(pid, 'SIGKILL');
    await hasEnded(pid, stopMsMax);
  }
}

function readProcess(file: string): ChainProcess | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ChainProcess;
  } catch {
    return undefined; // Only its port and a node to go on with are lost.
  }
}
