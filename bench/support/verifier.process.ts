/* Forked by verifying.ts, with the flags that the command gives to its runtime: verifies a log as often as it is told, and tells how long that took. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../../services/read-store/project-root.ts';
import type { temporaryIds } from '../../verifier/ids/temporary-ids.ts';
import type { FolderLogSource } from '../../verifier/source/folder.log-source.ts';
import type { verifyLog } from '../../verifier/verify.ts';
import type { Verification } from './verifying.ts';

type Openers = typeof import('../../verifier/opening/shared.bundle-opener.ts');

process.on('message', (verification: Verification) => {
  timed(verification).then(
    (milliseconds) => process.send?.(milliseconds),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});

async function timed({ folder, genesisHash, size, isDeep, isAlone }: Verification): Promise<number> {
  const verifier = (await fromSource('verify.ts')) as { verifyLog: typeof verifyLog };
  const sources = (await fromSource('source', 'folder.log-source.ts')) as { FolderLogSource: typeof FolderLogSource };
  const { openerFor } = (await fromSource('opening', 'shared.bundle-opener.ts')) as Openers;
  const ids = (await fromSource('ids', 'temporary-ids.ts')) as { temporaryIds: typeof temporaryIds };
  const source = new sources.FolderLogSource(folder);
  const openIds = ids.temporaryIds();
  const options = { source, genesisHash, rpcUrls: [], isOffline: true, isDeep, openIds, ...(isAlone ? {} : { openerFor }) };
  const begun = performance.now();
  const outcome = await verifier.verifyLog(options);
  const milliseconds = performance.now() - begun;
  if (outcome.verdict !== 'VALID' || 'reason' in outcome || outcome.counts.opened !== size)
    throw new Error(`An honest log of ${size} events was not found VALID: ${JSON.stringify(outcome)}`);
  return milliseconds;
}

/** The verifier is never built. */
function fromSource(...path: string[]): Promise<unknown> {
  return import(pathToFileURL(join(projectRoot(import.meta.dirname), 'verifier', ...path)).href);
}
