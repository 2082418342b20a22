import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from '../../services/read-store/project-root.ts';

export interface RunningDouble {
  /** `esdb://...` */
  readonly url: string;
  stop(): Promise<void>;
}

/** The double of EventStoreDB in a process of its own, from its source: it is no part of what is built. */
export async function startDouble(): Promise<RunningDouble> {
  const main = join(projectRoot(import.meta.dirname), 'test', 'eventstoredb-double', 'main.ts');
  const child = spawn(process.execPath, ['--no-warnings', main, '--attached'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const stop = async () => {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  return { url, stop };
}
