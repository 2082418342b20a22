import { isObject, parseJson } from './canonical-json.ts';

/** An anchor that the log says it has: a line of `anchors.jsonl`. Only the chain can say that it is true. */
export interface ClaimedAnchor {
  readonly chainId: string;
  /** Lower-case 0x-hex, as the other hashes. */
  readonly contract: string;
  readonly logId: string;
  readonly size: bigint;
  /** 64 lower-case hex. */
  readonly root: string;
}

const numberPattern = /^(0|[1-9][0-9]{0,19})$/;
const hash256Pattern = /^0x[0-9a-f]{64}$/i;

/** The lines in order; undefined stands for one that cannot be read. */
export function parseAnchors(file: Buffer): (ClaimedAnchor | undefined)[] {
  const lines = file.toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => anchorOf(parseJson(line)));
}

function anchorOf(fields: unknown): ClaimedAnchor | undefined {
  if (!isObject(fields)) return undefined;
  const { chainId, contract, logId, size, root } = fields;
  if (typeof chainId !== 'string' || typeof contract !== 'string' || typeof logId !== 'string') return undefined;
  if (typeof size !== 'string' || typeof root !== 'string') return undefined;
  if (!numberPattern.test(size) || !hash256Pattern.test(root)) return undefined;
  const names = { chainId, contract: contract.toLowerCase(), logId: logId.toLowerCase() };
  return { ...names, size: BigInt(size), root: root.slice(2).toLowerCase() };
}
