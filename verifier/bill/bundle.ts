import type { StateProof } from '../fold/state-proof.ts';
import { isObject, parseJson } from '../log/canonical-json.ts';
import { decodeBase64 } from '../log/payload-line.ts';

/** A leaf as a bundle brings it: nothing of it is believed yet. */
export interface BundledLeaf {
  readonly index: bigint;
  /** E. */
  readonly entry: Buffer;
  /** P; undefined where the operator has lost the event, or withholds it. */
  readonly payload: Buffer | undefined;
  /** The reader may not see the payload. */
  readonly isWithheld?: boolean;
  /** 64 lower-case hex. */
  readonly salt: string;
  /** In a bundle only of an event that breaks the format. */
  readonly metadata: Buffer | undefined;
  readonly path: readonly Uint8Array[];
}

export interface BundledBalance extends StateProof {
  readonly account: string;
  readonly currency: string;
  /** The text in the map; undefined: it says that there is none. */
  readonly value: string | undefined;
}

export interface BundledAnchor {
  readonly chainId: string;
  /** Lower-case 0x-hex. */
  readonly contract: string;
  readonly size: bigint;
  /** 64 lower-case hex. */
  readonly root: string;
  readonly consistency: readonly Uint8Array[];
}

/** What a customer downloads: docs/reference/log-format.md, "Proof bundle". */
export interface Bundle {
  readonly account: string;
  /** The invoice that it is about; undefined for a whole account. */
  readonly invoice: string | undefined;
  /** As `genesis.json`. */
  readonly genesis: Buffer;
  readonly policies: readonly BundledLeaf[];
  readonly checkpoint: Buffer;
  readonly anchors: readonly BundledAnchor[];
  readonly commitment: BundledLeaf;
  readonly balances: readonly BundledBalance[];
  readonly leaves: readonly BundledLeaf[];
}

const version = 'tallyroot-bundle/1';
const numberPattern = /^(0|[1-9][0-9]{0,19})$/;
const hex64 = /^[0-9a-f]{64}$/;

/** Reads a bundle; for anything else, why it is none. */
export function parseBundle(text: string): Bundle | string {
  const fields = parseJson(text);
  if (!isObject(fields)) return 'the file is no JSON object';
  if (fields['v'] !== version) return `the file is no ${version}`;
  const { account, invoice, checkpoint } = fields;
  const policies = listOf(fields['policies'], leafOf);
  const anchors = listOf(fields['anchors'], anchorOf);
  const commitment = leafOf(fields['commitment']);
  const balances = listOf(fields['balances'], balanceOf);
  const leaves = listOf(fields['leaves'], leafOf);
  if (typeof account !== 'string' || account === '' || typeof checkpoint !== 'string') return 'the bundle names no account, or has no head';
  if (invoice !== undefined && typeof invoice !== 'string') return 'the invoice of the bundle is no text';
  if (commitment === undefined || policies === undefined || anchors === undefined || balances === undefined || leaves === undefined)
    return 'a leaf, a balance or an anchor of the bundle cannot be read';
  const genesis = Buffer.from(JSON.stringify(fields['genesis'] ?? null));
  return { account, invoice, genesis, policies, checkpoint: Buffer.from(checkpoint), anchors, commitment, balances, leaves };
}

/** Reads a leaf; undefined for anything else. */
export function leafOf(value: unknown): BundledLeaf | undefined {
  if (!isObject(value)) return undefined;
  const { index, salt } = value;
  const entry = base64Of(value['entry']);
  const payload = value['payload'] === null ? undefined : base64Of(value['payload']);
  const metadata = base64Of(value['metadata']);
  const path = listOf(value['path'], hashOf);
  if (typeof index !== 'string' || !numberPattern.test(index) || typeof salt !== 'string' || !hex64.test(salt)) return undefined;
  if (entry === undefined || path === undefined || (payload === undefined && value['payload'] !== null)) return undefined;
  if (metadata === undefined && value['metadata'] !== undefined) return undefined;
  return { index: BigInt(index), entry, payload, salt, metadata, path };
}

function balanceOf(fields: unknown): BundledBalance | undefined {
  if (!isObject(fields)) return undefined;
  const { account, currency, value, terminal } = fields;
  const siblings = listOf(fields['siblings'], textOf);
  if (typeof account !== 'string' || typeof currency !== 'string' || siblings === undefined) return undefined;
  if (value !== undefined && typeof value !== 'string') return undefined;
  if (terminal === undefined) return { account, currency, value, siblings };
  const { key, valueHash } = isObject(terminal) ? terminal : {};
  if (typeof key !== 'string' || typeof valueHash !== 'string') return undefined;
  return { account, currency, value, siblings, terminal: { key, valueHash } };
}

/** Reads an anchor with its consistency proof; undefined for anything else. */
export function anchorOf(fields: unknown): BundledAnchor | undefined {
  if (!isObject(fields)) return undefined;
  const { chainId, contract, size, root } = fields;
  const consistency = listOf(fields['consistency'], hashOf);
  if (typeof chainId !== 'string' || typeof contract !== 'string' || typeof size !== 'string' || typeof root !== 'string') return undefined;
  if (consistency === undefined || !numberPattern.test(size) || !/^0x[0-9a-f]{64}$/.test(root)) return undefined;
  return { chainId, contract: contract.toLowerCase(), size: BigInt(size), root: root.slice(2), consistency };
}

/** Reads a list of which every item can be read; undefined for anything else. */
export function listOf<Item>(values: unknown, read: (value: unknown) => Item | undefined): Item[] | undefined {
  if (!Array.isArray(values)) return undefined;
  const items = values.map(read);
  return items.includes(undefined) ? undefined : (items as Item[]);
}

function base64Of(value: unknown): Buffer | undefined {
  return typeof value === 'string' ? decodeBase64(value) : undefined;
}

function hashOf(value: unknown): Uint8Array | undefined {
  return typeof value === 'string' && hex64.test(value) ? Uint8Array.from(Buffer.from(value, 'hex')) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
