import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { JsonRpc } from '../../services/chain/adapters/rpc/json-rpc.ts';
import { chainBinary } from '../../services/main/embedded/chain-binary.ts';
import { freePort } from '../../services/main/embedded/free-port.ts';

/** A chain of one test file's own, on which nothing happens unless somebody asks for it. */
export interface Anvil {
  readonly url: string;
  readonly rpc: JsonRpc;
  /** Mines empty blocks. `finalized` is two blocks behind the head. */
  mine(blocks: number): Promise<void>;
  /** Undoes the last blocks, with what was in them. */
  undo(blocks: number): Promise<void>;
  stop(): Promise<void>;
}

const startMsMax = 60_000;

/** `chainId`: 31337 when absent. */
export async function startAnvil({ chainId = 31_337 }: { chainId?: number } = {}): Promise<Anvil> {
  const port = await freePort(undefined);
  const args = ['--host', '127.0.0.1', '--port', String(port), '--chain-id', String(chainId), '--slots-in-an-epoch', '1', '--quiet'];
  const child = spawn(chainBinary(), args, { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  const rpc = new JsonRpc(url);
  await untilItAnswers(rpc, child);
  return {
    url,
    rpc,
    mine: async (blocks) => {
      for (let block = 0; block < blocks; block++) await rpc.call('evm_mine');
    },
    undo: async (blocks) => {
      await rpc.call('anvil_reorg', blocks, []);
    },
    stop: async () => {
      if (child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

async function untilItAnswers(rpc: JsonRpc, child: ChildProcess): Promise<void> {
  for (const deadline = Date.now() + startMsMax; ; await sleep(20)) {
    try {
      await rpc.call('eth_chainId');
      return;
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadline) throw error;
    }
  }
}
