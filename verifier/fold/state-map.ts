import { hash } from '#platform';
import { hashBytes, type HashText } from '../tree/node-hash.ts';

interface EntryNode {
  readonly key: HashText;
  valueHash: HashText;
  root: HashText | undefined;
}

interface BranchNode {
  left: Node;
  right: Node;
  root: HashText | undefined;
}

type Node = EntryNode | BranchNode | undefined;

/** Root of a subtree without entries. */
export const noEntry: HashText = '\0'.repeat(hashBytes);
const message = Buffer.alloc(1 + 2 * hashBytes);

/**
 * The sparse Merkle map of docs/reference/log-format.md: the bits of a key, from the most significant, say where its entry stands. Empty is
 * 32 zero bytes, one entry SHA-256(0x02 || key || value hash), more SHA-256(0x03 || left || right). Hashes are made when the root is asked
 * for, of what changed since.
 */
export class StateMap {
  #node: Node;

  set(key: HashText, valueHash: HashText): void {
    this.#node = withEntry(this.#node, { key, valueHash, root: undefined }, 0);
  }

  root(): HashText {
    return rootOfNode(this.#node);
  }
}

function withEntry(node: Node, entry: EntryNode, depth: number): Node {
  if (node === undefined || ('key' in node && node.key === entry.key)) return entry;
  if ('key' in node) return withEntry(branchOver(node, depth), entry, depth);
  node.root = undefined;
  if (isBitSet(entry.key, depth)) node.right = withEntry(node.right, entry, depth + 1);
  else node.left = withEntry(node.left, entry, depth + 1);
  return node;
}

/** Where two entries share a place, the one that stood there moves down to its own side. */
function branchOver(node: EntryNode, depth: number): BranchNode {
  const isRight = isBitSet(node.key, depth);
  return { left: isRight ? undefined : node, right: isRight ? node : undefined, root: undefined };
}

function rootOfNode(node: Node): HashText {
  if (node === undefined) return noEntry;
  node.root ??= 'key' in node ? rootOfEntry(node.key, node.valueHash) : rootOfBranch(rootOfNode(node.left), rootOfNode(node.right));
  return node.root;
}

/** Root of a subtree that holds one entry. */
export function rootOfEntry(key: HashText, valueHash: HashText): HashText {
  return digestOf(0x02, key, valueHash);
}

/** Root of a subtree that holds more. */
export function rootOfBranch(left: HashText, right: HashText): HashText {
  return digestOf(0x03, left, right);
}

function digestOf(prefix: number, first: HashText, second: HashText): HashText {
  message[0] = prefix;
  message.write(first, 1, hashBytes, 'latin1');
  message.write(second, 1 + hashBytes, hashBytes, 'latin1');
  return hash('sha256', message, 'binary');
}

/** Bit of a key from the most significant on; set means right. */
export function isBitSet(key: HashText, depth: number): boolean {
  return ((key.charCodeAt(depth >> 3) >> (7 - (depth & 7))) & 1) === 1;
}
