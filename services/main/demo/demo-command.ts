import { join } from 'node:path';
import { projectRoot } from '../../read-store/project-root.ts';
import { type Environment, readSettings, SettingsFault } from '../settings.ts';
import { runDemo } from './demo.ts';
import { tamper } from './tamper.ts';

const tamperOption = '--tamper';

/** `demo [--tamper]`: in a data folder of its own unless another is named. */
export async function runDemoCommand(args: readonly string[], environment: Environment): Promise<number> {
  const folder = join(projectRoot(import.meta.dirname), '.demo');
  const settings = readSettings(
    args.filter((arg) => arg !== tamperOption),
    environment,
    folder,
  );
  if (args.includes(tamperOption) && settings.eventStoreUrl !== undefined)
    throw new SettingsFault(`${tamperOption} changes a byte in a table of the Postgres store: leave EVENTSTORE_URL empty for it.`);
  return args.includes(tamperOption) ? tamper(settings) : runDemo(settings);
}
