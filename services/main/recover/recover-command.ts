import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Pool } from 'pg';
import { pino } from 'pino';
import { keyInFile } from '../../integrity/adapters/keys/pem-keyring.ts';
import { FolderLogMirror } from '../../integrity/adapters/mirror/folder.log-mirror.ts';
import { HttpLogMirror } from '../../integrity/adapters/mirror/http.log-mirror.ts';
import { numberOf } from '../../integrity/application/incarnations.ts';
import type { LogMirror } from '../../integrity/application/log-mirror.ts';
import type { SigningKey } from '../../integrity/domain/signing-key.ts';
import { createPool } from '../../read-store/pool.ts';
import { knownChainOf } from '../chain-access.ts';
import { startEngines } from '../embedded/engines.ts';
import { lastDataFolder } from '../embedded/last-data-folder.ts';
import { localProvider } from '../local-provider.ts';
import { migrateWith } from '../migrate.ts';
import { openEventStore } from '../open-event-store.ts';
import { type Environment, readSettings, type Settings, SettingsFault } from '../settings.ts';
import { giveStoreId } from '../store/give-store-id.ts';
import { beginNewIncarnation, type NewIncarnationBegun } from './new-incarnation.ts';
import { type MirrorRecovery, type RecoveredStore, recoverFromMirror } from './recover-from-mirror.ts';

const printEvery = 10_000n;

/**
 * `recover --from <folder|url> [--token <token>]`: appends the events again that a restored log lacks. `recover --new-incarnation --recovery-key
 * <file>`: ends a log whose events nobody has any more, and begins the one that goes on with what is left
 * (docs/guides/backup-and-restore.md). Both take `--provider <slug>` and `--data <folder>`. Answers 1 while somebody still knows a newer head.
 */
export async function runRecover(args: readonly string[], environment: Environment): Promise<number> {
  const { settings, provider, source } = optionsIn(args, environment);
  const recovery = source.kind === 'nobody' ? await keyInFile(source.recoveryKey) : undefined;
  const engines = await startEngines(settings, warn);
  let pool: Pool | undefined;
  try {
    await migrateWith(engines);
    pool = createPool({ url: engines.databaseUrl, connectionsMax: 8 });
    const place = {
      ...{ pool, slug: provider, keysFolder: keysIn(settings), chain: knownChainOf(settings, engines) },
      openStore: () => openEventStore(engines),
      logger: pino({ level: settings.logLevel }, pino.destination(2)),
      giveStoreId: () => giveStoreId(engines),
    };
    if (source.kind === 'mirror') return await recoverFrom(mirrorAt(source.from, source.token), place);
    const { otherChains, witnesses } = settings;
    const mirror = source.mirror === undefined ? undefined : mirrorAt(source.mirror.from, source.mirror.token);
    const begun = await beginNewIncarnation({ ...place, recovery: recovery as SigningKey, mirror, otherChains, witnesses });
    process.stdout.write(`${newIncarnationReport(begun)}\n`);
    return 0;
  } finally {
    await pool?.end();
    await engines.stop();
  }
}

async function recoverFrom(mirror: LogMirror, place: Omit<MirrorRecovery, 'mirror'>): Promise<number> {
  const recovered = await recoverFromMirror({
    ...place,
    mirror,
    begins: ({ held, missing }) => warn(`The log has ${held} leaves; ${missing} are missing and are appended now.`),
    progressed: (leaves) => (leaves % printEvery === 0n ? warn(`${leaves} leaves`) : undefined),
  });
  process.stdout.write(`${reportOf(place.slug, recovered)}\n`);
  return recovered.ahead.length === 0 ? 0 : 1;
}

function keysIn({ dataFolder }: Settings): string {
  return resolve(dataFolder, 'keys');
}

function mirrorAt(from: string, token: string | undefined): LogMirror {
  if (!/^[a-z]+:\/\//i.test(from)) return new FolderLogMirror(resolve(from));
  if (!/^https?:\/\//i.test(from) || !URL.canParse(from)) throw new SettingsFault('--from takes a folder or an http(s) URL.');
  return new HttpLogMirror(from, { token });
}

function reportOf(provider: string, { held, appended, head, ahead, confirmedBy }: RecoveredStore): string {
  const lines = [
    appended === 0
      ? `Nothing was appended: the mirror holds nothing that the log of ${provider} lacks.`
      : `${appended.toLocaleString('en')} events of ${provider} were appended again behind the first ${held}.`,
    `The log has ${head.size} leaves, root ${head.root.toString('hex')}.`,
    ...confirmedBy.map((by) => `  ${by} knows this history`),
    ...ahead.map(({ by, size }) => `  ${by} knows ${size} leaves: ${size - head.size} are still missing, recover from a newer mirror`),
  ];
  return lines.join('\n');
}

function newIncarnationReport({ log, supersedes, isNew, lost }: NewIncarnationBegun): string {
  const { slug, origin, genesisHash } = log;
  const number = numberOf(log);
  return [
    isNew
      ? `The log of ${slug} goes on as ${origin}.`
      : `The log of ${slug} goes on as ${origin} already; nothing was signed under it yet.`,
    `  kept       ${supersedes.size} leaves of ${supersedes.origin}, root ${supersedes.root}`,
    `  lost       ${lost === 0n ? 'no leaf that anybody knows of' : `${lost} leaves that were shown, from ${supersedes.lostFrom} on`}`,
    `  genesis    ${genesisHash}`,
    'Tell everybody who verifies the log this genesis hash, and where the log before it can be read:',
    `  bin/tallyroot verify --log <url>/logs/${slug}/ --genesis ${genesisHash} --superseded <url>/logs/${slug}/incarnations/${number - 1}/`,
    `Witnesses have to be told the new key, and chains that others administer have to register its log id (docs/guides/backup-and-restore.md).`,
  ].join('\n');
}

interface MirrorSource {
  readonly kind: 'mirror';
  readonly from: string;
  readonly token: string | undefined;
}

type Source = MirrorSource | { readonly kind: 'nobody'; readonly recoveryKey: string; readonly mirror: MirrorSource | undefined };

function optionsIn(args: readonly string[], environment: Environment) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    const options = { from: text, token: text, provider: text, data: text, 'recovery-key': text, 'new-incarnation': flag } as const;
    const { provider, data, ...values } = parseArgs({ args: [...args], options }).values;
    const source = sourceIn(values, environment);
    const settings = readSettings(data === undefined ? [] : ['--data', data], environment, lastDataFolder());
    return { settings, source, provider: provider ?? localProvider.slug };
  } catch (error) {
    throw error instanceof SettingsFault ? error : new SettingsFault((error as Error).message);
  }
}

interface SourceValues {
  readonly from?: string;
  readonly token?: string;
  readonly 'new-incarnation': boolean;
  readonly 'recovery-key'?: string;
}

function sourceIn({ from = '', token, ...values }: SourceValues, environment: Environment): Source {
  const recoveryKey = values['recovery-key'] ?? '';
  const mirror = from === '' ? undefined : ({ kind: 'mirror', from, token: token ?? environment['MIRROR_TOKEN'] } as const);
  if (!values['new-incarnation']) {
    if (mirror === undefined) throw new SettingsFault('recover needs --from <folder|url>, or --new-incarnation.');
    return mirror;
  }
  if (recoveryKey === '') throw new SettingsFault('recover --new-incarnation needs --recovery-key <file>.');
  return { kind: 'nobody', recoveryKey: resolve(recoveryKey), mirror };
}

function warn(text: string): void {
  process.stderr.write(`${text}\n`);
}
