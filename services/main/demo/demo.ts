import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandBus } from '@nestjs/cqrs';
import { streamName } from '../../event-store/domain/stream-name.ts';
import { projectRoot } from '../../read-store/project-root.ts';
import { type Engines, startEngines } from '../embedded/engines.ts';
import { localKeys, localProvider } from '../local-provider.ts';
import { openLocalService } from '../local.ts';
import { migrateWith } from '../migrate.ts';
import type { Service } from '../service.ts';
import type { Settings } from '../settings.ts';
import { DemoCommands } from './demo-commands.ts';
import { demoPlan } from './demo-plan.ts';
import { Steps } from './demo-progress.ts';
import { type DemoReport, reportText, type TrialBalanceLine } from './demo-report.ts';
import { runDemoSteps, settle } from './demo-steps.ts';
import { readUsageFile } from './usage-file.ts';
import { verifyLog } from './verify-log.ts';

/**
 * From the published usage file to invoices that anybody can prove, in a data folder of its own. Answers the exit code of the verifier.
 * May be killed at any moment: started again in the same folder it goes on, since every command it sends is known by its key.
 */
export async function runDemo(settings: Settings): Promise<number> {
  const output = process.stdout;
  output.write(`Tallyroot demo in ${settings.dataFolder}\n`);
  const steps = new Steps(output);
  const engines = await startEngines(settings, (text) => output.write(`${text}\n`));
  let service: Service | undefined;
  try {
    service = await steps.run('start', 1, async () => {
      await migrateWith(engines);
      return openLocalService({ ...settings, port: 0 }, engines);
    });
    const report = await demonstrate(service, { engines, dataFolder: settings.dataFolder, steps });
    output.write(`${reportText(report.text)}\n`);
    output.write(`\nLook around:  bin/tallyroot start --data ${quoted(settings.dataFolder)}\n`);
    output.write(`Break it:     npm run demo -- --tamper\n`);
    return report.exitCode;
  } finally {
    await service?.close();
    await engines.stop();
  }
}

interface Surroundings {
  readonly engines: Engines;
  readonly dataFolder: string;
  readonly steps: Steps;
}

async function demonstrate(
  service: Service,
  { engines, dataFolder, steps }: Surroundings,
): Promise<{ text: DemoReport; exitCode: number }> {
  const plan = await demoPlan(dataFolder);
  if (plan.isResumed) process.stdout.write('This folder holds a demo; it goes on where it stood.\n');
  const rows = await readUsageFile(join(projectRoot(import.meta.dirname), 'services/main/demo/telecom-usage/mlc_churn.csv'));
  const result = await runDemoSteps(demoCommands(service.commands, plan.startedAt), rows, steps);
  await steps.run('documents, read models', 1, () => settle(service, result.invoices));
  const { integrity } = service;
  const anchor =
    integrity.contract === undefined
      ? undefined
      : await steps.run('anchor, finality', 1, () => integrity.anchoring.anchorer.anchorNow(localProvider.slug));
  const head = await integrity.query.head(localProvider.slug);
  if (head === undefined) throw new Error('The log has no signed head.');
  const genesisHash = await integrity.logs.genesisHashOf(localProvider.slug);
  const token = (await readFile(service.keyFiles.apiKey, 'utf8')).trim();
  const log = `${service.url}/logs/${localProvider.slug}/`;
  const verified = await steps.run('verification', 1, () => verifyLog({ log, genesisHash, rpcUrl: engines.chainRpcUrl, token }));
  if (verified.exitCode !== 0) process.stdout.write(`${verified.output}\n`);
  const text: DemoReport = {
    result,
    events: head.size,
    systemEvents: await systemEvents(service),
    trialBalance: await trialBalance(service.url, token),
    root: head.root.toString('hex'),
    genesisHash,
    anchor: anchor?.place && { tx: anchor.place.tx, block: anchor.place.block, contract: anchor.contract, size: anchor.size },
    verdict: verdictOf(verified.output),
    times: steps.times,
  };
  return { text, exitCode: verified.exitCode };
}

function demoCommands(bus: CommandBus, startedAt: string): DemoCommands {
  return new DemoCommands({ bus, provider: localProvider.slug, principal: localKeys.provider, startedAt });
}

/** Leaves that the log wrote about itself: its own stream is counted by its last revision. */
async function systemEvents({ eventStore }: Service): Promise<bigint> {
  const stream = streamName({ slug: localProvider.slug, kind: 'log', id: '0' });
  for await (const { revision } of eventStore.readStream(stream, { direction: 'backwards', maxCount: 1 })) return revision + 1n;
  return 0n;
}

/** Over HTTP, as a provider would ask. */
async function trialBalance(url: string, token: string): Promise<readonly TrialBalanceLine[]> {
  const response = await fetch(`${url}/v1/trial-balance`, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`The trial balance was refused: ${await response.text()}`);
  return ((await response.json()) as { currencies: readonly TrialBalanceLine[] }).currencies;
}

/** The line of the verifier's report that says it. */
export function verdictOf(output: string): string {
  return /^.*\b(VALID|INVALID|UNVERIFIABLE)\b.*$/m.exec(output)?.[0].trim() ?? 'none';
}

function quoted(path: string): string {
  return path.includes(' ') ? `"${path}"` : path;
}
