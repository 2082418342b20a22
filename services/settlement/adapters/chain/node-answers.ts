import type { WatchedBlock } from '../../application/watching/watched-node.ts';
import { NodeAnswerFault } from '../../application/watching/watcher-faults.ts';

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

/** Of a block whose receipts were asked for together. */
export interface ClaimedBlockReceipt extends ClaimedReceipt {
  readonly tx: string;
}

/** A transaction as its block lists it. */
export interface ClaimedTransaction {
  readonly tx: string;
  readonly from: string;
  /** Undefined for the making of a contract. */
  readonly to: string | undefined;
  readonly value: bigint;
}

/** What a receipt says of the transaction itself. */
export interface ClaimedCost {
  readonly isSuccess: boolean;
  readonly blockHash: string;
  readonly created: string | undefined;
  /** For gas, for blobs, and what a rollup charges for its place on the chain below. */
  readonly fee: bigint;
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
    timestamp: timeIn(block['timestamp']),
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

/** Of all transactions of a block; undefined for null. */
export function receiptsIn(answer: unknown): ClaimedBlockReceipt[] | undefined {
  if (answer === null) return undefined;
  if (!Array.isArray(answer)) throw new NodeAnswerFault('The chain node answered with something else than a list of receipts.');
  return answer.map((each) => {
    const receipt = receiptIn(each);
    if (receipt === undefined) throw new NodeAnswerFault('The chain node answered with something else than a receipt.');
    return { ...receipt, tx: hexIn(fieldsIn(each, 'a receipt')['transactionHash'], hash, 'the transaction of a receipt') };
  });
}

/** Of a block that was asked for with the hashes of its transactions alone; undefined for null. */
export function listedTransactionsIn(answer: unknown): { readonly hash: string; readonly transactions: readonly string[] } | undefined {
  if (answer === null) return undefined;
  const block = fieldsIn(answer, 'a block');
  const transactions = listIn(block).map((tx) => hexIn(tx, hash, 'a list of transactions'));
  return { hash: hexIn(block['hash'], hash, 'the hash of a block'), transactions };
}

/** Of a block that was asked for with its transactions; undefined for null. */
export function transactionsIn(answer: unknown): { readonly hash: string; readonly transactions: ClaimedTransaction[] } | undefined {
  if (answer === null) return undefined;
  const block = fieldsIn(answer, 'a block');
  return { hash: hexIn(block['hash'], hash, 'the hash of a block'), transactions: listIn(block).map(transactionIn) };
}

/** Undefined for null. */
export function costIn(answer: unknown): ClaimedCost | undefined {
  if (answer === null) return undefined;
  const receipt = fieldsIn(answer, 'a receipt');
  const numberOf = (field: string): bigint => quantityIn(receipt[field] ?? '0x0', `${field} of a receipt`);
  return {
    isSuccess: quantityIn(receipt['status'], 'the status of a receipt') === 1n,
    blockHash: hexIn(receipt['blockHash'], hash, 'the block of a receipt'),
    created: optionalAddress(receipt['contractAddress']),
    fee:
      quantityIn(receipt['gasUsed'], 'the gas of a receipt') * quantityIn(receipt['effectiveGasPrice'], 'the price of gas') +
      numberOf('blobGasUsed') * numberOf('blobGasPrice') +
      numberOf('l1Fee'),
  };
}

/** Is it the same log, whatever else the two say? */
export function isSameLog(left: ClaimedLog, right: ClaimedLog): boolean {
  return textOf(left) === textOf(right);
}

function textOf({ address: at, topics, data, blockNumber, blockHash, tx, logIndex }: ClaimedLog): string {
  return [at, topics.join(','), data, blockNumber, blockHash, tx, logIndex].join(' ');
}

/** The last second that a date can be. */
const timeMax = 8_640_000_000_000n;

function timeIn(value: unknown): bigint {
  const time = quantityIn(value, 'the time of a block');
  if (time > timeMax) throw new NodeAnswerFault('The chain node answered with a time that no block can have.');
  return time;
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

function listIn(block: Fields): readonly unknown[] {
  const listed = block['transactions'];
  if (!Array.isArray(listed)) throw new NodeAnswerFault('The chain node answered with a block without transactions.');
  return listed as readonly unknown[];
}

function transactionIn(answer: unknown): ClaimedTransaction {
  const transaction = fieldsIn(answer, 'a transaction');
  return {
    tx: hexIn(transaction['hash'], hash, 'the hash of a transaction'),
    from: hexIn(transaction['from'], address, 'the sender of a transaction'),
    to: optionalAddress(transaction['to']),
    value: quantityIn(transaction['value'], 'the value of a transaction'),
  };
}

function optionalAddress(value: unknown): string | undefined {
  return value === null || value === undefined ? undefined : hexIn(value, address, 'an address');
}

function fieldsIn(answer: unknown, what: string): Fields {
  if (typeof answer === 'object' && answer !== null) return answer as Fields;
  throw new NodeAnswerFault(`The chain node answered with something else than ${what}.`);
}

function hexIn(value: unknown, pattern: RegExp, what: string): string {
  if (typeof value === 'string' && pattern.test(value)) return value.toLowerCase();
  throw new NodeAnswerFault(`The chain node answered with something else than ${what}.`);
}
