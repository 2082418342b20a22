import type { CheckId, Problem, ProofHint } from '../checks/check.ts';
import { isObject, parseJson } from '../log/canonical-json.ts';
import { PayloadLines } from '../log/payload-line.ts';
import { entryEndAt, entrySizeBytes } from '../opening/leaf-opener.ts';
import { isAbsence, readPart, readTile } from '../source/bundles.ts';
import { payloadsPath, tileWidth } from '../source/tile-path.ts';
import { MissingTileError, TileNodes } from '../tree/tile-nodes.ts';
import { hashBytes } from '../tree/node-hash.ts';
import type { Outcome } from '../verdict.ts';
import {
  type Evidence,
  evidenceVersion,
  type EvidenceItem,
  type EvidenceProof,
  type OpenLeaf,
  type ShownEvent,
  type ShownLeaf,
  type TreeAt,
} from './evidence.ts';

/** The first problems of each check say what the others would. */
const itemsOfCheckMax = 5;
const partBytesMax = 256 * 3 * 1024 * 1024;

/** Collects what shows a third party that a log is INVALID. Reads the log again at the places that are wrong. */
export async function collectEvidence(outcome: Outcome): Promise<Evidence> {
  const collector = new Collector(outcome);
  const genesis = await readPart(outcome.source, 'genesis.json', 1024 * 1024);
  const items: EvidenceItem[] = [];
  for (const { id, invalid } of outcome.checks)
    for (const problem of invalid.slice(0, itemsOfCheckMax)) items.push(await collector.itemOf(id, problem));
  const policies: OpenLeaf[] = [];
  for (const index of outcome.policyLeaves) policies.push(...[await collector.openLeaf(index)].filter((leaf) => leaf !== undefined));
  return {
    v: evidenceVersion,
    genesis: (isAbsence(genesis) ? {} : parseJson(genesis.toString('utf8'))) as Evidence['genesis'],
    head: outcome.head.toString('base64'),
    policies,
    items,
  };
}

class Collector {
  readonly #outcome: Outcome;
  readonly #nodes: TileNodes;

  constructor(outcome: Outcome) {
    this.#outcome = outcome;
    this.#nodes = new TileNodes(outcome.source, outcome.size);
  }

  /** The proof of a problem; where it cannot be had, what was seen. */
  async itemOf(check: CheckId, { index, message, evidence, proof }: Problem): Promise<EvidenceItem> {
    const told = { check, message };
    try {
      const item = proof && (await this.#proofOf(index ?? 0, proof));
      if (item !== undefined) return { ...told, ...item };
    } catch (error) {
      if (!(error instanceof MissingTileError)) throw error;
    }
    return { ...told, kind: 'statement', ...(index !== undefined && { index: String(index) }), terms: evidence ?? {} };
  }

  async openLeaf(index: number): Promise<OpenLeaf | undefined> {
    const [leaf, event] = [await this.#leaf(index), await this.#event(index)];
    return leaf && event && { ...leaf, event };
  }

  async #proofOf(index: number, proof: ProofHint): Promise<EvidenceProof | undefined> {
    const { kind } = proof;
    if (kind === 'root') return this.#root(proof);
    if (kind === 'entry') return this.#servedEntry(index);
    if (kind === 'unbalanced' || kind === 'policy') {
      const leaf = await this.openLeaf(index);
      return leaf && { kind, leaf };
    }
    if (kind === 'receipt') {
      const leaf = proof.leaf === undefined ? undefined : await this.#leaf(proof.leaf);
      return { kind, receipt: parseJson(proof.receipt) as Readonly<Record<string, unknown>>, ...(leaf && { leaf }) };
    }
    if (kind === 'answer') {
      const leaf = proof.leaf === undefined ? undefined : await this.openLeaf(proof.leaf);
      return { kind, note: proof.note.toString('base64'), ...(leaf && { leaf }) };
    }
    if (kind === 'before tick') {
      const [leaf, tick] = [await this.openLeaf(index), await this.openLeaf(proof.tick)];
      return leaf && tick && { kind, leaf, tick };
    }
    if (kind === 'behind anchor') {
      const leaf = await this.openLeaf(index);
      const { size, anchor } = proof;
      return leaf && size <= this.#outcome.size ? { kind, leaf, size: String(size), anchor, tree: await this.#treeAt(size) } : undefined;
    }
    const leaf = await this.#leaf(index);
    if (kind === 'form') return leaf && { kind, leaf };
    if (kind === 'payload') {
      const served = await this.#event(index);
      return leaf && served && { kind, leaf, served };
    }
    const before = await this.#leaf(proof.before);
    return leaf && before && { kind, leaf, before };
  }

  async #root({ size, root, head, anchor }: Extract<ProofHint, { kind: 'root' }>) {
    if (size > this.#outcome.size) return undefined;
    const stated = { root, ...(head !== undefined && { head: head.toString('base64') }), ...(anchor !== undefined && { anchor }) };
    return { kind: 'root' as const, size: String(size), stated, tree: await this.#treeAt(size) };
  }

  async #treeAt(size: number): Promise<TreeAt> {
    const [found, consistency] = [await this.#nodes.root(size), await this.#nodes.consistency(size)];
    // At the size of the head itself its own word counts, whatever the tiles say.
    const root = size === this.#outcome.size ? this.#outcome.root : Buffer.from(found, 'latin1').toString('hex');
    return { root, consistency: consistency.map((hash) => hash.toString('hex')) };
  }

  async #servedEntry(index: number) {
    const served = await this.#entry(index);
    const tile = await readTile(this.#outcome.source, 0, Math.floor(index / tileWidth), this.#widthAt(index));
    if (served === undefined || isAbsence(tile)) return undefined;
    const place = index % tileWidth;
    const leafHash = tile.toString('hex', place * hashBytes, (place + 1) * hashBytes);
    return { kind: 'entry' as const, served: served.toString('base64'), index: String(index), leafHash, path: await this.#path(index) };
  }

  async #leaf(index: number): Promise<ShownLeaf | undefined> {
    const entry = await this.#entry(index);
    return entry && { index: String(index), entry: entry.toString('base64'), path: await this.#path(index) };
  }

  async #path(index: number): Promise<string[]> {
    return (await this.#nodes.inclusion(index)).map((hash) => hash.toString('hex'));
  }

  async #entry(index: number): Promise<Buffer | undefined> {
    const bundle = await readTile(this.#outcome.source, 'entries', Math.floor(index / tileWidth), this.#widthAt(index));
    if (isAbsence(bundle)) return undefined;
    let offset = 0;
    for (let place = 0; place < index % tileWidth; place++) offset = entryEndAt(bundle, offset);
    const end = entryEndAt(bundle, offset);
    return end <= bundle.length ? bundle.subarray(offset + entrySizeBytes, end) : undefined;
  }

  async #event(index: number): Promise<ShownEvent | undefined> {
    const file = await readPart(this.#outcome.source, payloadsPath(Math.floor(index / tileWidth)), partBytesMax);
    if (isAbsence(file)) return undefined;
    const fields = parseJson(new PayloadLines(file).at(index % tileWidth));
    if (!isObject(fields)) return undefined;
    const { id, stream, rev, type, data, metadata } = fields;
    const texts = [id, stream, rev, type, data, metadata];
    if (!texts.every((text) => typeof text === 'string') || data === 'missing') return undefined;
    return { id, stream, rev, type, data, metadata } as ShownEvent;
  }

  #widthAt(index: number): number {
    return Math.min(tileWidth, this.#outcome.size - (index - (index % tileWidth)));
  }
}
