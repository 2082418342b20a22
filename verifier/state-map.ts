import { hash } from 'node:crypto';

/*
 * The sparse Merkle map of balances, positioned by key (docs/reference/log-format.md). Empty: 32 zero bytes; one entry: SHA-256(0x02 ||
 * key || SHA-256(value)); else SHA-256(0x03 || left || right), bits from the most significant.
 */

interface EntryNode {
  readonly key: Buffer;
  valueHash: Buffer;
  digest: Buffer | undefined;
}

interface BranchNode {
  readonly children: [MapNode | undefined, MapNode | undefined];
  digest: Buffer | undefined;
}

type MapNode = EntryNode | BranchNode;

const entryPrefix = Buffer.of(2);
const branchPrefix = Buffer.of(3);
const emptyRoot = Buffer.alloc(32);

/** Grows and changes in place; the root hashes again only what changed. */
export class StateMap {
  #top: MapNode | undefined;

  set(key: Buffer, value: string): void {
    const entry: EntryNode = { key, valueHash: hash('sha256', value, 'buffer'), digest: undefined };
    this.#top = placed(this.#top, entry, 0);
  }

  root(): Buffer {
    return this.#top === undefined ? emptyRoot : digestOf(this.#top);
  }
}

/** SHA-256(`ledger-key/1` || u32be(length) || account || u32be(length) || currency). */
export function stateKey(account: string, currency: string): Buffer {
  return hash('sha256', Buffer.concat([Buffer.from('ledger-key/1'), sized(account), sized(currency)]), 'buffer');
}

function sized(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function placed(node: MapNode | undefined, entry: EntryNode, depth: number): MapNode {
  if (node === undefined) return entry;
  if (isBranch(node)) {
    const side = bitOf(entry.key, depth);
    node.children[side] = placed(node.children[side], entry, depth + 1);
    node.digest = undefined;
    return node;
  }
  if (node.key.equals(entry.key)) return entry;
  const branch: BranchNode = { children: [undefined, undefined], digest: undefined };
  branch.children[bitOf(node.key, depth)] = node;
  return placed(branch, entry, depth);
}

function digestOf(node: MapNode): Buffer {
  node.digest ??= isBranch(node)
    ? hash('sha256', Buffer.concat([branchPrefix, childDigest(node, 0), childDigest(node, 1)]), 'buffer')
    : hash('sha256', Buffer.concat([entryPrefix, node.key, node.valueHash]), 'buffer');
  return node.digest;
}

function childDigest(node: BranchNode, side: 0 | 1): Buffer {
  const child = node.children[side];
  return child === undefined ? emptyRoot : digestOf(child);
}

function isBranch(node: MapNode): node is BranchNode {
  return 'children' in node;
}

function bitOf(key: Buffer, depth: number): 0 | 1 {
  return (((key[depth >> 3] as number) >> (7 - (depth & 7))) & 1) as 0 | 1;
}
