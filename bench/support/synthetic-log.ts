import { generateKeyPairSync, hash, randomUUID, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stateCommittedFin, stateEntryOf } from '../../services/integrity/domain/committed-state.ts';
import { FoldChanges, postingsIn } from '../../services/integrity/domain/fold.ts';
import { type EventToSeal, sealEvent, zeroHash } from '../../services/integrity/domain/leaf.ts';
import { genesisPolicy } from '../../services/integrity/domain/log-policy.ts';
import { noteSigner } from '../../services/integrity/domain/note.ts';
import { localOrigin } from '../../services/integrity/domain/origin.ts';
import { StateMap } from '../../services/integrity/domain/state-map.ts';
import { GrowingTree } from '../../services/integrity/domain/tree/growing-tree.ts';
import { numberPath, tilePath, tileWidth } from '../../services/integrity/domain/tree/tile-address.ts';
import { treeHeadText } from '../../services/integrity/domain/tree-head.ts';

export interface SyntheticLog {
  readonly folder: string;
  readonly genesisHash: string;
  readonly size: number;
  readonly entries: readonly Buffer[];
  /** Lines of the payload files. */
  readonly lines: readonly string[];
}

interface SyntheticEvent extends Pick<EventToSeal, 'stream' | 'type' | 'fin'> {
  readonly id: string;
}

const slug = 'bench';
const accounts = 2_000;
/** A commitment to the balances about as often as rounds are under load. */
const eventsPerRound = 10_000;
const at = '2026-01-02T03:04:05.678Z';

/** Writes the export of a log without a chain: charges of the size that the ledger writes, and commitments to the balances. */
export function writeSyntheticLog(folder: string, charges: number): SyntheticLog {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = {
    publicKey: Buffer.from(publicKey.export({ format: 'jwk' }).x as string, 'base64url'),
    sign: (message: string) => sign(null, Buffer.from(message), privateKey),
  };
  const origin = localOrigin(slug, key.publicKey);
  const signer = noteSigner(origin, key);
  const policy = genesisPolicy({
    ...{ slug, origin, vkey: signer.vkey, chains: [], heartbeatSeconds: 86_400, toleranceSeconds: 300 },
    receiptsVkey: noteSigner(`${origin}/receipts`, key).vkey,
    recoveryVkey: noteSigner(`${origin}/recovery`, key).vkey,
  });
  const log = new SealedLog(origin);
  const genesis = log.add({ stream: `${slug}.log-0`, id: randomUUID(), type: 'LogGenesis/1', fin: policy });
  for (let charge = 0; charge < charges; charge++) {
    log.add(chargeOf(`acc_${charge % accounts}`));
    if (charge % eventsPerRound === eventsPerRound - 1) log.commitState();
  }
  const tree = new GrowingTree();
  const tiles = tree.append(Buffer.concat(log.hashes));
  const files = new Map<string, string | Buffer>([
    ['checkpoint', signer.sign(treeHeadText(origin, { size: tree.size, root: tree.root() }))],
    ['log.vkey', `${signer.vkey}\n`],
    ['anchors.jsonl', ''],
    ['genesis.json', JSON.stringify({ entry: base64(log.entries[0] as Buffer), payload: base64(genesis), salt: saltOf(`pay 0`) })],
  ]);
  for (const { level, index, hashes } of tiles) files.set(tilePath({ level, index, width: hashes.length / 32 }), hashes);
  for (let from = 0; from < log.entries.length; from += tileWidth) {
    const entries = log.entries.slice(from, from + tileWidth);
    const index = BigInt(from / tileWidth);
    files.set(tilePath({ level: 'entries', index, width: entries.length }), Buffer.concat(entries.flatMap(sized)));
    files.set(`payloads/${numberPath(index)}.jsonl`, `${log.lines.slice(from, from + tileWidth).join('\n')}\n`);
  }
  for (const [name, bytes] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  const genesisHash = (log.hashes[0] as Buffer).toString('hex');
  return { folder, genesisHash, size: log.entries.length, entries: log.entries, lines: log.lines };
}

/** Leaves one after the other, with what a fold makes of them. */
class SealedLog {
  readonly entries: Buffer[] = [];
  readonly hashes: Buffer[] = [];
  readonly lines: string[] = [];
  readonly #origin: string;
  readonly #streams = new Map<string, { revision: bigint; hash: string }>();
  readonly #changes = new FoldChanges();

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** Answers the stored payload. */
  add({ stream, id, type, fin }: SyntheticEvent): string {
    const index = this.entries.length;
    const before = this.#streams.get(stream);
    const revision = before === undefined ? 0n : before.revision + 1n;
    const { data, metadata, leaf } = sealEvent({
      ...{ origin: this.#origin, stream, revision, id, type, fin, at, previous: before?.hash ?? zeroHash },
      body: { actor: { id: 'bench', type: 'process' }, command: id, correlation: id, fingerprint: saltOf(id) },
      payloadSalt: saltOf(`pay ${index}`),
      metadataSalt: saltOf(`meta ${index}`),
    });
    this.#streams.set(stream, { revision, hash: leaf.hash });
    this.#changes.post(BigInt(index), postingsIn(data));
    this.entries.push(Buffer.from(leaf.entry));
    this.hashes.push(Buffer.from(leaf.hash, 'hex'));
    const place = { i: String(index), id, stream, rev: revision.toString(), type };
    this.lines.push(JSON.stringify({ ...place, data: base64(data), metadata: base64(metadata) }));
    return data;
  }

  commitState(): void {
    const entries = this.#changes.balances().map(({ change: balance, ...place }) => stateEntryOf({ ...place, balance }));
    const committed = { uptoSize: BigInt(this.entries.length), turnovers: this.#changes.turnovers() };
    const fin = stateCommittedFin({ ...committed, stateRoot: StateMap.empty.with(entries).root() });
    this.add({ stream: `${slug}.log-0`, id: randomUUID(), type: 'StateCommitted/1', fin });
  }
}

function chargeOf(account: string): SyntheticEvent {
  const posting = (place: string, direction: string) => ({ account: place, amount: '12.345678', currency: 'EUR', direction });
  const fin = {
    ...{ account, amount: '12.345678', currency: 'EUR', product: 'voice-day', source: 'invoice' },
    ...{ description: 'Day minutes', effectiveAt: at },
    postings: [posting(`asset:unbilled:${account}`, 'debit'), posting('revenue:voice-day', 'credit')],
  };
  return { stream: `${slug}.account-${account}`, id: randomUUID(), type: 'ChargePosted/1', fin };
}

function saltOf(text: string): string {
  return hash('sha256', text, 'hex');
}

function base64(text: string | Buffer): string {
  return Buffer.from(text as string).toString('base64');
}

function sized(entry: Buffer): Buffer[] {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(entry.length);
  return [length, entry];
}
