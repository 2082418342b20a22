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
import { GrowingTree, type Tile } from '../../services/integrity/domain/tree/growing-tree.ts';
import { hashBytes } from '../../services/integrity/domain/tree/node-hash.ts';
import { numberPath, tilePath, tileWidth } from '../../services/integrity/domain/tree/tile-address.ts';
import { type TreeHead, treeHeadText } from '../../services/integrity/domain/tree-head.ts';

export interface SyntheticLog {
  readonly folder: string;
  readonly genesisHash: string;
  readonly size: number;
}

interface SyntheticEvent extends Pick<EventToSeal, 'stream' | 'type' | 'fin'> {
  readonly id: string;
}

const slug = 'bench';
const accounts = 2_000;
/** A commitment to the balances about as often as rounds are under load. */
const eventsPerRound = 10_000;
const at = '2026-01-02T03:04:05.678Z';

/**
 * Writes the export of a log without a chain: charges of the size that the ledger writes, and commitments to the balances. `onLeaf` sees
 * each entry and its line of a payload file; nothing of them is kept.
 */
export function writeSyntheticLog(folder: string, charges: number, onLeaf?: (entry: Buffer, line: string) => void): SyntheticLog {
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
  const files = new ExportedFiles(folder);
  const log = new SealedLog(origin, (leaf) => {
    files.add(leaf);
    onLeaf?.(leaf.entry, leaf.line);
  });
  const genesis = log.add({ stream: `${slug}.log-0`, id: randomUUID(), type: 'LogGenesis/1', fin: policy });
  for (let charge = 0; charge < charges; charge++) {
    log.add(chargeOf(`acc_${charge % accounts}`));
    if (charge % eventsPerRound === eventsPerRound - 1) log.commitState();
  }
  const { size, root } = files.end();
  files.write('checkpoint', signer.sign(treeHeadText(origin, { size, root })));
  files.write('log.vkey', `${signer.vkey}\n`);
  files.write('anchors.jsonl', '');
  const { entry, data, hash: genesisHash } = genesis;
  files.write('genesis.json', JSON.stringify({ entry: base64(entry), payload: base64(data), salt: saltOf('pay 0') }));
  return { folder, genesisHash: genesisHash.toString('hex'), size: Number(size) };
}

interface SyntheticLeaf {
  readonly entry: Buffer;
  readonly hash: Buffer;
  /** The stored payload. */
  readonly data: string;
  readonly line: string;
}

/** Leaves one after the other, with what a fold makes of them. */
class SealedLog {
  readonly #origin: string;
  readonly #onLeaf: (leaf: SyntheticLeaf) => void;
  readonly #streams = new Map<string, { revision: bigint; hash: string }>();
  readonly #changes = new FoldChanges();
  #size = 0n;

  constructor(origin: string, onLeaf: (leaf: SyntheticLeaf) => void) {
    this.#origin = origin;
    this.#onLeaf = onLeaf;
  }

  add({ stream, id, type, fin }: SyntheticEvent): SyntheticLeaf {
    const index = this.#size++;
    const before = this.#streams.get(stream);
    const revision = before === undefined ? 0n : before.revision + 1n;
    const { data, metadata, leaf } = sealEvent({
      ...{ origin: this.#origin, stream, revision, id, type, fin, at, previous: before?.hash ?? zeroHash },
      body: { actor: { id: 'bench', type: 'process' }, command: id, correlation: id, fingerprint: saltOf(id) },
      payloadSalt: saltOf(`pay ${index}`),
      metadataSalt: saltOf(`meta ${index}`),
    });
    this.#streams.set(stream, { revision, hash: leaf.hash });
    this.#changes.post(index, postingsIn(data));
    const place = { i: String(index), id, stream, rev: revision.toString(), type };
    const line = JSON.stringify({ ...place, data: base64(data), metadata: base64(metadata) });
    const sealed = { entry: Buffer.from(leaf.entry), hash: Buffer.from(leaf.hash, 'hex'), data, line };
    this.#onLeaf(sealed);
    return sealed;
  }

  commitState(): void {
    const entries = this.#changes.balances().map(({ change: balance, ...place }) => stateEntryOf({ ...place, balance }));
    const committed = { uptoSize: this.#size, turnovers: this.#changes.turnovers() };
    const fin = stateCommittedFin({ ...committed, stateRoot: StateMap.empty.with(entries).root() });
    this.add({ stream: `${slug}.log-0`, id: randomUUID(), type: 'StateCommitted/1', fin });
  }
}

/** The files of an export, each written when it is full. */
class ExportedFiles {
  readonly #folder: string;
  readonly #tree = new GrowingTree();
  /** By level: the tile at the edge, partial. */
  readonly #edges = new Map<number, Tile>();
  #bundle: SyntheticLeaf[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  add(leaf: SyntheticLeaf): void {
    this.#bundle.push(leaf);
    if (this.#bundle.length === tileWidth) this.#writeBundle();
  }

  /** Writes what is partial. */
  end(): TreeHead {
    if (this.#bundle.length > 0) this.#writeBundle();
    for (const tile of this.#edges.values()) this.#writeTile(tile);
    return { size: this.#tree.size, root: this.#tree.root() };
  }

  write(name: string, bytes: string | Buffer): void {
    mkdirSync(dirname(join(this.#folder, name)), { recursive: true });
    writeFileSync(join(this.#folder, name), bytes);
  }

  #writeBundle(): void {
    const index = this.#tree.size / BigInt(tileWidth);
    const entries = this.#bundle.map(({ entry }) => entry);
    this.write(tilePath({ level: 'entries', index, width: entries.length }), Buffer.concat(entries.flatMap(sized)));
    this.write(`payloads/${numberPath(index)}.jsonl`, this.#bundle.map(({ line }) => `${line}\n`).join(''));
    for (const tile of this.#tree.append(Buffer.concat(this.#bundle.map(({ hash }) => hash)))) {
      this.#edges.delete(tile.level);
      if (tile.hashes.length < tileWidth * hashBytes) this.#edges.set(tile.level, tile);
      else this.#writeTile(tile);
    }
    this.#bundle = [];
  }

  #writeTile({ level, index, hashes }: Tile): void {
    this.write(tilePath({ level, index, width: hashes.length / hashBytes }), hashes);
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
