import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { bigintTypes } from '../../read-store/pool.ts';
import { copyFolder } from '../embedded/copy-folder.ts';
import { dataFolderAt, holdDataFolder } from '../embedded/data-folder.ts';
import { EngineFault } from '../embedded/engine-fault.ts';
import { startEngines } from '../embedded/engines.ts';
import { rememberDataFolder } from '../embedded/last-data-folder.ts';
import { localProvider } from '../local-provider.ts';
import { openLocalService } from '../local.ts';
import type { Service } from '../service.ts';
import type { Settings } from '../settings.ts';
import { runDemo } from './demo.ts';
import { verifyLog } from './verify-log.ts';

/** Files of the processes that hold the original; the copy gets its own. */
const leftOut = new Set(['lock', 'runtime.json', 'postgres/cluster/postmaster.pid', 'postgres/port', 'chain/process.json']);
const invalidExitCode = 1;

/**
 * Copies the demo's folder, changes one byte of one stored event there behind the ledger's back, and lets the verifier find it. Answers 0
 * when it named that event.
 */
export async function tamper(settings: Settings): Promise<number> {
  const { dataFolder } = settings;
  if (!existsSync(join(dataFolder, 'demo-plan.json'))) {
    const exitCode = await runDemo(settings);
    if (exitCode !== 0) return exitCode;
  }
  const copy = `${dataFolder}-tampered`;
  await copyDemo(dataFolder, copy);
  print(`Tampering with a copy of the demo: ${copy}`);
  try {
    return await tamperIn({ ...settings, dataFolder: copy, port: 0 });
  } finally {
    rememberDataFolder(dataFolder);
  }
}

async function copyDemo(from: string, to: string): Promise<void> {
  const held = await holdDataFolder(dataFolderAt(from));
  if (held === undefined) throw new EngineFault(`${from} is in use; stop the process that runs on it, then tamper with a copy.`);
  try {
    await rm(to, { recursive: true, force: true });
    await copyFolder(from, to, { leaveOut: (path) => leftOut.has(path) });
  } finally {
    held.release();
  }
}

async function tamperIn(settings: Settings): Promise<number> {
  const engines = await startEngines(settings, print);
  let service: Service | undefined;
  try {
    const { id, stream, revision, before, after } = await flipOneByte(engines.databaseOwnerUrl);
    print(`  event       ${id}, stream ${stream}, revision ${revision}`);
    print(`  stored      ${before}`);
    print(`  now says    ${after}`);
    // Only the API: nobody writes while the auditor looks.
    service = await openLocalService({ ...settings, role: 'api' }, engines);
    const token = (await readFile(service.keyFiles.apiKey, 'utf8')).trim();
    const genesisHash = await service.integrity.logs.genesisHashOf(localProvider.slug);
    const log = `${service.url}/logs/${localProvider.slug}/`;
    const { exitCode, output } = await verifyLog({ log, genesisHash, rpcUrl: engines.chainRpcUrl, token });
    print(`\n${output}\n`);
    const isNamed = exitCode === invalidExitCode && output.includes(id);
    print(isNamed ? 'The verifier named the event.' : 'The verifier did not name the event.');
    return isNamed ? 0 : 1;
  } finally {
    await service?.close();
    await engines.stop();
  }
}

interface TamperedEvent {
  readonly id: string;
  readonly stream: string;
  readonly revision: bigint;
  readonly before: string;
  readonly after: string;
}

/** As the owner of the tables, past the trigger that guards them: one digit of the amount of a charge in the middle of the log. */
async function flipOneByte(ownerUrl: string): Promise<TamperedEvent> {
  const client = new pg.Client({ connectionString: ownerUrl, types: bigintTypes });
  await client.connect();
  try {
    const { rows } = await client.query<{ position: bigint; event_id: string; stream: string; revision: bigint; data: string }>(
      `select position, event_id, stream, revision, data
         from event_store.event_log
        where event_type = 'ChargePosted/1' and position >= (select position_last / 2 from event_store.event_log_head)
        order by position
        limit 1`,
    );
    const [event] = rows;
    if (event === undefined) throw new Error('The log holds no charge.');
    const data = event.data.replace(
      /("amount":"\d*)(\d)(\.)/,
      (_, head: string, digit: string, dot: string) => `${head}${9 - Number(digit)}${dot}`,
    );
    await client.query('alter table event_store.event_log disable trigger user');
    await client.query('update event_store.event_log set data = $1 where position = $2', [data, event.position]);
    await client.query('alter table event_store.event_log enable trigger user');
    const { event_id: id, stream, revision } = event;
    return { id, stream, revision, before: amountIn(event.data), after: amountIn(data) };
  } finally {
    await client.end();
  }
}

function amountIn(data: string): string {
  return /"amount":"[^"]*"/.exec(data)?.[0] ?? '';
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
