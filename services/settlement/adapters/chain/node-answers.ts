import type { WatchedBlock } from '../../application/watched-node.ts';
import { NodeAnswerFault } from '../../application/watcher-faults.ts';

/** A log as a node wrote it, parsed. Its `removed` is not read: whether a log stands is told by the hash of its block. */
export interface ClaimedLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: bigint;
  readonly blockHash: string;
  readonly tx: string;
  readonly logIndex: number;
}

export interface ClaimedReceipt {
  readonly isSuccess: boolean;
  readonly blockHash: string;
  readonly logs: readonly ClaimedLog[];
}

type Fields = Readonly<Record<string, unknown>>;

const quantity = /^0x[0-9a-f]{1,64}$/i;
const hash = /^0x[0-9a-f]{64}$/i;
const address = /^0x[0-9a-f]{40}$/i;
const bytes = /^0x([0-9a-f]{2})*$/i;

export function quantityIn(answer: unknown, what: string): bigint {
  return BigInt(hexIn(answer, quantity, what));
}

export function bytesIn(answer: unknown, what: string): string {
  return hexIn(answer, bytes, what);
}

/** Undefined for null. */
export function blockIn(answer: unknown): WatchedBlock | undefined {
  if (answer === null) return undefined;
  const block = fieldsIn(answer, 'a block');
  return {
    number: quantityIn(block['number'], 'the number of a block'),
    hash: hexIn(block['hash'], hash, 'the hash of a block'),
    parentHash: hexIn(block['parentHash'], hash, 'the parent of a block'),
    timestamp: quantityIn(block['timestamp'], 'the time of a block'),
  };
}

export function logsIn(answer: unknown): ClaimedLog[] {
  if (!Array.isArray(answer)) throw new NodeAnswerFault('The chain node answered with something else than a list of logs.');
  return answer.map(logIn);
}

/** Undefined for null. */
export function receiptIn(answer: unknown): ClaimedReceipt | undefined {
  if (answer === null) return undefined;
  const receipt = fieldsIn(answer, 'a receipt');
  return {
    isSuccess: quantityIn(receipt['status'], 'the status of a receipt') === 1n,
    blockHash: hexIn(receipt['blockHash'], hash, 'the block of a receipt'),
    logs: logsIn(receipt['logs']),
  };
}

/** Is it the same log, whatever else the two say? */
export function isSameLog(left: ClaimedLog, right: ClaimedLog): boolean {
  return textOf(left) === textOf(right);
}

function textOf({ address: at, topics, data, blockNumber, blockHash, tx, logIndex }: ClaimedLog): string {
  return [at, topics.join(','), data, blockNumber, blockHash, tx, logIndex].join(' ');
}

function logIn(answer: unknown): ClaimedLog {
  const log = fieldsIn(answer, 'a log');
  const topics = log['topics'];
  if (!Array.isArray(topics)) throw new NodeAnswerFault('The chain node answered with a log without topics.');
  return {
    address: hexIn(log['address'], address, 'the address of a log'),
    topics: topics.map((topic) => hexIn(topic, hash, 'a topic')),
    data: hexIn(log['data'], bytes, 'the data of a log'),
    blockNumber: quantityIn(log['blockNumber'], 'the block of a log'),
    blockHash: hexIn(log['blockHash'], hash, 'the block of a log'),
    tx: hexIn(log['transactionHash'], hash, 'the transaction of a log'),
    logIndex: Number(quantityIn(log['logIndex'], 'the index of a log')),
  };
}

function fieldsIn(answer: unknown, what: string): Fields {
  if (typeof answer === 'object' && answer !== null) return answer as Fields;
  throw new NodeAnswerFault(`The chain node answered with something else than ${what}.`);
}

function hexIn(value: unknown, pattern: RegExp, what: string): string {
  if (typeof value === 'string' && pattern.test(value)) return value.toLowerCase();
  throw new NodeAnswerFault(`The chain node answered with something else than ${what}.`);
}
