import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a demo must remember to be resumed: everything else follows from the usage file. */
export interface DemoPlan {
  readonly startedAt: string;
}

/** The plan of this data folder, made at the first start. Complete or absent, whenever the process is killed. */
export async function demoPlan(dataFolder: string): Promise<DemoPlan & { readonly isResumed: boolean }> {
  const path = join(dataFolder, 'demo-plan.json');
  try {
    return { ...(JSON.parse(await readFile(path, 'utf8')) as DemoPlan), isResumed: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const plan: DemoPlan = { startedAt: new Date().toISOString() };
  await writeFile(`${path}.new`, JSON.stringify(plan));
  await rename(`${path}.new`, path);
  return { ...plan, isResumed: false };
}
