import { Interface } from 'ethers';
import type { ChainLog } from './chain-node.ts';

/** The anchor contract as the format describes it. Its code is known by its hash, so nothing is taken from whoever compiled it. */
const contract = new Interface([
  'event LogRegistered(bytes32 indexed logId, address publisher)',
  'event Anchored(bytes32 indexed logId, uint64 indexed treeSize, bytes32 root, bytes32 prevRoot, uint64 seq)',
  'event PublisherRotated(bytes32 indexed logId, address from, address to)',
  'event Frozen(bytes32 indexed logId)',
  'function latest(bytes32 logId) view returns (uint64 size, bytes32 root, uint64 seq)',
]);

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

/** Topics of every event that is about a log. */
export function topicsOf(logId: string): readonly (readonly string[] | string)[] {
  const names = ['LogRegistered', 'Anchored', 'PublisherRotated', 'Frozen'];
  return [names.map((name) => contract.getEvent(name)?.topicHash as string), logId];
}

/** Undefined for a log of another kind. */
export function readAnchorEvent(log: ChainLog): AnchorEvent | undefined {
  const parsed = contract.parseLog(log);
  if (parsed === null) return undefined;
  const fields = parsed.args.toObject() as Record<string, unknown>;
  return { ...fields, name: parsed.name, size: fields['treeSize'] } as unknown as AnchorEvent;
}

export function latestCall(logId: string): string {
  return contract.encodeFunctionData('latest', [logId]);
}

/** Throws for an answer that is none of this function. */
export function readLatest(answer: string): LatestAnchor {
  const [size, root, seq] = contract.decodeFunctionResult('latest', answer) as unknown as [bigint, string, bigint];
  return { size, root, seq };
}
