import { keccak_256 } from '@noble/hashes/sha3.js';
import type { ChainLog } from './chain-node.ts';
import { NodeError } from './node-error.ts';

/*
 * The anchor contract as the format describes it. Its code is known by its hash, so nothing is taken from whoever compiled it. All that it says
 * has a fixed length: words of 32 bytes, one after the other.
 */

/** What happened to a log in the contract. */
export type AnchorEvent =
  | { readonly name: 'LogRegistered'; readonly publisher: string }
  | { readonly name: 'Anchored'; readonly size: bigint; readonly root: string; readonly prevRoot: string; readonly seq: bigint }
  | { readonly name: 'PublisherRotated'; readonly from: string; readonly to: string }
  | { readonly name: 'Frozen' };

export interface LatestAnchor {
  readonly size: bigint;
  /** 0x-hex. */
  readonly root: string;
  readonly seq: bigint;
}

const topicOf = {
  LogRegistered: keccakOf('LogRegistered(bytes32,address)'),
  Anchored: keccakOf('Anchored(bytes32,uint64,bytes32,bytes32,uint64)'),
  PublisherRotated: keccakOf('PublisherRotated(bytes32,address,address)'),
  Frozen: keccakOf('Frozen(bytes32)'),
} as const;
const selectorOfLatest = keccakOf('latest(bytes32)').slice(0, 10);
const wordDigits = 64;
const addressDigits = 40;
const sizeMax = 2n ** 64n - 1n;

/** Topics of every event that is about a log. */
export function topicsOf(logId: string): readonly (readonly string[] | string)[] {
  return [Object.values(topicOf), logId];
}

/** Undefined for a log of another kind. Throws `NodeError` for one that the contract cannot have written. */
export function readAnchorEvent({ topics, data }: ChainLog): AnchorEvent | undefined {
  const words = wordsOf(data);
  if (topics[0] === topicOf.LogRegistered) return { name: 'LogRegistered', publisher: addressIn(words, 0) };
  if (topics[0] === topicOf.PublisherRotated) return { name: 'PublisherRotated', from: addressIn(words, 0), to: addressIn(words, 1) };
  if (topics[0] === topicOf.Frozen) return { name: 'Frozen' };
  if (topics[0] !== topicOf.Anchored) return undefined;
  const size = numberIn([topics[2]?.slice(2) ?? ''], 0);
  return { name: 'Anchored', size, root: wordIn(words, 0), prevRoot: wordIn(words, 1), seq: numberIn(words, 2) };
}

export function latestCall(logId: string): string {
  return selectorOfLatest + logId.slice(2);
}

/** Throws `NodeError` for an answer that is none of this function. */
export function readLatest(answer: string): LatestAnchor {
  const words = wordsOf(answer);
  return { size: numberIn(words, 0), root: wordIn(words, 1), seq: numberIn(words, 2) };
}

function wordsOf(data: string): string[] {
  return data.slice(2).match(new RegExp(`.{${wordDigits}}`, 'g')) ?? [];
}

function wordIn(words: readonly string[], place: number): string {
  const word = words[place];
  if (word?.length !== wordDigits) throw new NodeError('the contract cannot have said this: a word is missing', 'nonsense');
  return `0x${word}`;
}

function numberIn(words: readonly string[], place: number): bigint {
  const number = BigInt(wordIn(words, place));
  if (number > sizeMax) throw new NodeError('the contract cannot have said this: a number has more than 64 bits', 'nonsense');
  return number;
}

function addressIn(words: readonly string[], place: number): string {
  return `0x${wordIn(words, place).slice(-addressDigits)}`;
}

function keccakOf(signature: string): string {
  return `0x${Buffer.from(keccak_256(Buffer.from(signature))).toString('hex')}`;
}
