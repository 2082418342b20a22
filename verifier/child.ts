import { temporaryIds } from './ids/temporary-ids.ts';
import { openerFor } from './opening/shared.bundle-opener.ts';
import { nameEvent } from './report/bad-event.ts';
import { jsonReport } from './report/json-report.ts';
import { type FileAnswer, ParentLogSource } from './source/parent.log-source.ts';
import { verifyLog } from './verify.ts';

/*
 * The verifier as a child of a program that has a log at hand and no files of it: it asks its parent for them, and tells it the outcome. Nothing
 * is opened to others for that, no port and no folder. It ends when it has told, or when its parent is gone.
 */

/** The first message of the parent. */
interface Order {
  readonly kind: 'verify';
  /** Keys of the log and of those that it goes on with, the last of them first. */
  readonly logs: readonly [string, ...string[]];
  readonly genesisHash: string;
  /** Nodes of chains; none to ask no chain. */
  readonly rpcUrls: readonly string[];
}

const tell = (message: object) => process.send?.(message);
const sources = new Map<string, ParentLogSource>();

process.once('disconnect', () => process.exit());
process.on('message', (message: Order | FileAnswer) => {
  if (message.kind === 'file') sources.get(message.log)?.answered(message);
  else void verify(message);
});

async function verify({ logs, genesisHash, rpcUrls }: Order): Promise<void> {
  for (const log of logs) sources.set(log, new ParentLogSource(log, tell));
  const [source, ...superseded] = [...sources.values()] as [ParentLogSource, ...ParentLogSource[]];
  const outcome = await verifyLog({
    ...{ source, superseded, genesisHash, rpcUrls, isOffline: rpcUrls.length === 0, isDeep: true, openerFor, openIds: temporaryIds() },
    onProgress: ({ leaves, size }) => tell({ kind: 'progress', leaves, size }),
  });
  const badEvent = 'firstBad' in outcome && outcome.firstBad !== undefined ? await nameEvent(outcome, outcome.firstBad.index) : undefined;
  process.send?.({ kind: 'report', json: jsonReport(outcome, badEvent) }, () => process.disconnect());
}
