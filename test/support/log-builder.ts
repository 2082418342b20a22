import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Json } from '../../services/event-store/domain/canonical-json.ts';
import { stateCommittedFin, stateEntryOf } from '../../services/integrity/domain/committed-state.ts';
import { FoldChanges, postingsIn } from '../../services/integrity/domain/fold.ts';
import { leafOf, type LeafSource, sealEvent, zeroHash } from '../../services/integrity/domain/leaf.ts';
import { genesisPolicy, type ListedChain, type LogPolicy, policySigningText } from '../../services/integrity/domain/log-policy.ts';
import { type NoteSigner, noteSigner } from '../../services/integrity/domain/note.ts';
import { localOrigin, logIdOf } from '../../services/integrity/domain/origin.ts';
import type { SigningKey } from '../../services/integrity/domain/signing-key.ts';
import { StateMap } from '../../services/integrity/domain/state-map.ts';
import { bundlesOf, numberPath, tilePath, tilesOf, tileWidth } from '../../services/integrity/domain/tree/tile-address.ts';
import { consistencyShape } from '../../services/integrity/domain/tree/proof-shape.ts';
import { SmallTree } from '../../services/integrity/domain/tree/small-tree.ts';
import { treeHeadText } from '../../services/integrity/domain/tree-head.ts';

export interface BuiltEvent {
  readonly stream: string;
  readonly type: string;
  readonly fin: Json;
  readonly pii?: Readonly<Record<string, string>>;
  readonly at?: string;
  readonly id?: string;
}

export interface LogBuilderOptions {
  readonly slug?: string;
  readonly chains?: readonly ListedChain[];
  readonly heartbeatSeconds?: number;
  readonly toleranceSeconds?: number;
  /** Goes on with the first leaves of another log. */
  readonly supersedes?: { readonly log: LogBuilder; readonly size: number; readonly isForged?: boolean; readonly root?: string };
}

export interface AnchorLine {
  readonly chainId: string;
  readonly contract: string;
  readonly size: bigint;
  readonly root?: string;
  readonly logId?: string;
}

/** Files of a log by name. */
export type LogFolder = Map<string, Buffer>;

const firstInstant = Date.parse('2026-01-02T03:04:05.000Z');

/**
 * Builds a whole log with its keys, the honest way and every dishonest one: leaves are sealed by the services, tiles and heads are signed by
 * the operator that the builder plays. Everything but the keys is the same in every run.
 */
export class LogBuilder {
  readonly slug: string;
  readonly origin: string;
  readonly genesisHash: string;
  /** 64 hex. */
  readonly logId: string;
  readonly events: LeafSource[] = [];
  /** E of each leaf; a test may change one, as an operator can. */
  readonly entries: string[] = [];
  readonly anchors: AnchorLine[] = [];
  policy: LogPolicy;
  /** Signs receipts and answers. */
  readonly receipts: NoteSigner;
  #logKey = signingKey();
  readonly #recoveryKey = signingKey();
  readonly #superseded: LogBuilderOptions['supersedes'];
  #vkey: string;

  constructor({ slug = 'north', chains = [], heartbeatSeconds = 86_400, toleranceSeconds = 300, supersedes }: LogBuilderOptions = {}) {
    this.slug = slug;
    this.#superseded = supersedes;
    this.origin = supersedes === undefined ? localOrigin(slug, this.#logKey.publicKey) : `${supersedes.log.origin}/2`;
    this.#vkey = noteSigner(this.origin, this.#logKey).vkey;
    this.logId = logIdOf(this.origin, this.#vkey);
    this.receipts = noteSigner(`${this.origin}/receipts`, signingKey());
    this.policy = genesisPolicy({
      ...{ slug, origin: this.origin, vkey: this.#vkey, chains, heartbeatSeconds, toleranceSeconds },
      receiptsVkey: this.receipts.vkey,
      recoveryVkey: noteSigner(`${this.origin}/recovery`, this.#recoveryKey).vkey,
    });
    this.#system('LogGenesis/1', supersedes === undefined ? this.policy : this.#superseding(supersedes));
    this.genesisHash = this.hashOf(0);
  }

  get size(): number {
    return this.entries.length;
  }

  get systemStream(): string {
    return `${this.slug}.log-0`;
  }

  /** Leaf hash, 64 hex. */
  hashOf(index: number): string {
    return createHash('sha256')
      .update(`\0${this.entries[index] as string}`)
      .digest('hex');
  }

  root(size = this.size): Buffer {
    return new SmallTree(this.#hashes(size)).root();
  }

  /** Shows that the first `to` leaves go on with the first `from`; nothing for the empty tree. */
  consistencyProof(from: bigint, to = this.size): Buffer[] {
    const shape = from === 0n ? [] : consistencyShape(from, BigInt(to));
    const hashes = this.#hashes(to);
    return shape.map((range) => new SmallTree(hashes.slice(Number(range.from), Number(range.to))).root());
  }

  /** Appends a well-formed event and answers its index. */
  append({ stream, type, fin, pii, at, id = uuidOf(this.size) }: BuiltEvent): number {
    const kept = (this.#superseded?.log.events ?? []).slice(0, this.#superseded?.size).filter((event) => event.stream === stream);
    const before = [...kept, ...this.events.filter((event) => event.stream === stream)];
    const last = before.at(-1);
    const originOfLast = last !== undefined && kept.includes(last) ? (this.#superseded?.log.origin as string) : this.origin;
    const sealed = sealEvent({
      ...{ origin: this.origin, stream, revision: BigInt(before.length), id, type, fin, pii, at: at ?? this.instant() },
      body: { actor: { id: 'test', type: 'process' }, command: id, correlation: id, fingerprint: digestOf(id) },
      previous: last === undefined ? zeroHash : leafOf(originOfLast, last).hash,
      payloadSalt: digestOf(`pay ${id}`),
      metadataSalt: digestOf(`meta ${id}`),
    });
    return this.appendStored({ id, stream, revision: BigInt(before.length), type, data: sealed.data, metadata: sealed.metadata });
  }

  /** Appends an event as it is, as somebody can who has the database. */
  appendStored(event: LeafSource): number {
    this.events.push(event);
    this.entries.push(leafOf(this.origin, event).entry);
    return this.size - 1;
  }

  /** Moves an amount from one place in the chart to another. */
  move(amount: string, { account = 'acc_1', at, id }: { account?: string; at?: string; id?: string } = {}): number {
    const line = (place: string, direction: string) => ({ account: place, amount, currency: 'EUR', direction });
    const fin = { postings: [line(`asset:unbilled:${account}`, 'debit'), line('revenue:tv', 'credit')] };
    const more = { ...(at !== undefined && { at }), ...(id !== undefined && { id }) };
    return this.append({ stream: `${this.slug}.account-${account}`, type: 'ChargePosted/1', fin, ...more });
  }

  tick(chainId: bigint, blockNumber: bigint, blockHash: string, at?: string): number {
    return this.#system('TimeTicked/1', { chainId: chainId.toString(), blockNumber: blockNumber.toString(), blockHash }, at);
  }

  /** Commits to the balances of the first leaves; `change` is what the operator lies about. */
  commitState(uptoSize = this.size, change: { readonly [name: string]: Json } = {}, at?: string): number {
    const changes = new FoldChanges();
    const ids = new Set<string>();
    const isNew = (id: string) => ids.size < ids.add(id).size;
    // What is carried over was posted by the genesis, leaf 0.
    for (const { id, data } of (this.#superseded?.log.events ?? []).slice(0, this.#superseded?.size))
      if (isNew(id)) changes.post(0n, postingsIn(data));
    this.events.slice(0, uptoSize).forEach((event, index) => {
      if (isNew(event.id) && !leafOf(this.origin, event).malformed) changes.post(BigInt(index), postingsIn(event.data));
    });
    const entries = changes.balances().map(({ change: balance, ...place }) => stateEntryOf({ ...place, balance }));
    const stateRoot = StateMap.empty.with(entries).root();
    const fin = stateCommittedFin({ uptoSize: BigInt(uptoSize), stateRoot, turnovers: changes.turnovers() });
    return this.#system('StateCommitted/1', { ...fin, ...change }, at);
  }

  /** By the recovery key, unless `isForged`. */
  changePolicy(change: Partial<LogPolicy>, { isForged = false } = {}): number {
    const { signature: _, ...before } = this.policy;
    const fin = { ...before, ...change };
    this.policy = fin;
    return this.#system('LogPolicyChanged/1', this.#signed(fin, isForged));
  }

  /** From here on heads are signed by the new key. */
  rotateKey({ isForged = false } = {}): number {
    this.#logKey = signingKey();
    this.#vkey = noteSigner(this.origin, this.#logKey).vkey;
    return this.#system('KeyRotated/1', this.#signed({ vkey: this.#vkey }, isForged));
  }

  /** The next event's claimed time: a second after the one before. */
  instant(): string {
    return new Date(firstInstant + this.size * 1000).toISOString();
  }

  /** Signs a head of the first leaves. */
  checkpoint(size = this.size, root = this.root(size)): Buffer {
    return Buffer.from(noteSigner(this.origin, this.#logKey).sign(treeHeadText(this.origin, { size: BigInt(size), root })));
  }

  /** The export of the first leaves. */
  files(size = this.size): LogFolder {
    const files: LogFolder = new Map();
    const [genesis] = this.events as [LeafSource];
    const { ps: salt } = JSON.parse(genesis.metadata as string) as { ps: string };
    files.set('checkpoint', this.checkpoint(size));
    files.set('log.vkey', Buffer.from(`${this.#vkey}\n`));
    files.set('genesis.json', Buffer.from(JSON.stringify({ entry: base64(this.entries[0]), payload: base64(genesis.data), salt })));
    files.set('anchors.jsonl', Buffer.from(this.anchors.map((anchor) => `${this.#anchorLine(anchor)}\n`).join('')));
    const hashes = this.#hashes(size);
    const bytes = hashes.map((hash) => hash);
    for (const { level, index, width } of tilesOf(BigInt(size))) {
      const span = tileWidth ** level;
      const first = Number(index) * tileWidth;
      const slots = Array.from({ length: width }, (_, slot) => {
        const at = (first + slot) * span;
        return new SmallTree(bytes.slice(at, at + span)).root();
      });
      files.set(tilePath({ level, index, width }), Buffer.concat(slots));
    }
    for (const { index, width } of bundlesOf(BigInt(size))) {
      const first = Number(index) * tileWidth;
      const places = Array.from({ length: width }, (_, place) => first + place);
      files.set(tilePath({ level: 'entries', index, width }), Buffer.concat(places.map((place) => sized(this.entries[place] as string))));
      files.set(`payloads/${numberPath(index)}.jsonl`, Buffer.from(places.map((place) => `${this.payloadLine(place)}\n`).join('')));
    }
    return files;
  }

  payloadLine(index: number): string {
    const { id, stream, revision, type, data, metadata } = this.events[index] as LeafSource;
    const place = { i: String(index), id, stream, rev: revision.toString(), type };
    return JSON.stringify({ ...place, data: base64(data), metadata: base64(metadata ?? '') });
  }

  #system(type: string, fin: Json, at?: string): number {
    return this.append({ stream: this.systemStream, type, fin, ...(at !== undefined && { at }) });
  }

  #superseding({ log, size, isForged = false, root = log.root(size).toString('hex') }: NonNullable<LogBuilderOptions['supersedes']>): Json {
    const place = { size: String(size), lostFrom: String(size), root };
    const fin = { ...this.policy, supersedes: { origin: log.origin, genesis: log.genesisHash, ...place } };
    return log.#signed(fin, isForged);
  }

  #signed(fin: { readonly [name: string]: Json }, isForged: boolean): Json {
    const key = isForged ? this.#logKey : this.#recoveryKey;
    return { ...fin, signature: key.sign(policySigningText(fin)).toString('base64') };
  }

  #hashes(size: number): Buffer[] {
    return Array.from({ length: size }, (_, index) => Buffer.from(this.hashOf(index), 'hex'));
  }

  #anchorLine({ chainId, contract, size, root = `0x${this.root(Number(size)).toString('hex')}`, logId = `0x${this.logId}` }: AnchorLine) {
    const place = { seq: '1', block: '1', blockHash: `0x${'0'.repeat(64)}`, tx: `0x${'0'.repeat(64)}` };
    return JSON.stringify({ chainId, contract, logId, size: size.toString(), root, ...place });
  }
}

/** Writes files to a folder. */
export function writeFiles(folder: string, files: LogFolder): string {
  for (const [name, bytes] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  return folder;
}

function signingKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { publicKey: rawOf(publicKey), sign: (message) => sign(null, Buffer.from(message), privateKey) };
}

function rawOf(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x as string, 'base64url');
}

function uuidOf(index: number): string {
  const hex = digestOf(`event ${index}`);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function base64(text = ''): string {
  return Buffer.from(text).toString('base64');
}

function sized(entry: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(entry));
  return Buffer.concat([length, Buffer.from(entry)]);
}
