import type { LeafRow } from './leaf-store.ts';
import type { LogQuery } from './log-query.ts';
import { systemStream } from './system-log.ts';

interface Scanned {
  /** The first revision of the system stream that was not looked at yet. */
  next: bigint;
  readonly leaves: LeafRow[];
}

const revisionsAtOnce = 4_096n;
const types = ['LogPolicyChanged/1', 'KeyRotated/1'];

/** The leaves that change what a log promises or who signs for it: few among many, so what was looked at once is remembered. */
export class PolicyLeaves {
  readonly #query: LogQuery;
  readonly #scans = new Map<string, Scanned>();

  constructor(query: LogQuery) {
    this.#query = query;
  }

  /** In order, as far as they are in the log. */
  async of(log: string): Promise<readonly LeafRow[]> {
    const { next: from, leaves: known } = this.#scans.get(log) ?? { next: await this.#firstAfterGenesis(log), leaves: [] };
    const scanned: Scanned = { next: from, leaves: [...known] };
    for (;;) {
      const rows = await this.#query.leavesOfStream(log, systemStream(log), scanned.next, scanned.next + revisionsAtOnce - 1n);
      scanned.leaves.push(...rows.filter(({ entry }) => types.includes((JSON.parse(entry) as { readonly type: string }).type)));
      scanned.next = (rows.at(-1)?.revision ?? scanned.next - 1n) + 1n;
      if (rows.length < Number(revisionsAtOnce)) break;
    }
    this.#scans.set(log, scanned);
    return scanned.leaves;
  }

  /** The genesis of a log that goes on with another one is not at revision 0. */
  async #firstAfterGenesis(log: string): Promise<bigint> {
    const [genesis] = await this.#query.leavesAt(log, 0n, 1);
    return (genesis?.revision ?? 0n) + 1n;
  }
}
