import { hash } from 'node:crypto';
import { hexlify, toUtf8Bytes } from 'ethers';

/** What both sides of a deposit agree on before the event exists. */
export interface DepositTerms {
  readonly depositor: string;
  readonly beneficiary: string;
  readonly deadline: bigint;
  /** 0x-hex. */
  readonly logId: string;
  readonly name: { readonly origin: string; readonly stream: string; readonly eventType: string; readonly eventId: string };
  /** SHA-256 of the payload, 0x-hex. */
  readonly payloadHash: string;
}

/** An event as the ledger stores it, and its proof as it serves it. */
export interface ProvenEvent {
  readonly entry: string;
  readonly data: string;
  readonly metadata: string;
  readonly index: bigint;
  readonly size: bigint;
  readonly path: readonly string[];
}

export const payloadHashOf = (data: string): string => `0x${hash('sha256', data, 'hex')}`;

/** The struct that `release` takes. */
export function evidenceOf({ entry, data, metadata, index, size, path }: ProvenEvent) {
  const { at, meta, prev, rev } = JSON.parse(entry) as Record<'at' | 'meta' | 'prev' | 'rev', string>;
  return {
    rest: { decidedAt: hexlify(toUtf8Bytes(at)), meta: `0x${meta}`, prev: `0x${prev}`, rev },
    payload: hexlify(toUtf8Bytes(data)),
    salt: `0x${(JSON.parse(metadata) as { ps: string }).ps}`,
    ...{ index, treeSize: size, path },
  };
}
