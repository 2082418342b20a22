import type { Pool } from 'pg';
import { ChainFault, WrongChainFault } from '../../chain/application/chain-faults.ts';
import { chainNodeAt } from '../../chain/chain-access.ts';
import { openAnchorChain } from '../../integrity/adapters/chain/open-anchor-chain.ts';
import type { AnchorChain, AnchoredEvent } from '../../integrity/application/anchor-chain.ts';
import type { ProviderLog } from '../../integrity/application/provider-logs.ts';
import type { ListedChain } from '../../integrity/domain/log-policy.ts';
import { logIdOf } from '../../integrity/domain/origin.ts';
import { check, Part, type PartReport } from './part.ts';

export interface ChainsToCheck {
  readonly log: ProviderLog;
  readonly pool: Pool;
  /** A node for each chain id. */
  readonly nodes: ReadonlyMap<string, string>;
  readonly keysFolder: string;
}

interface AnchorRow {
  readonly size: bigint;
  readonly root: Buffer;
  readonly log_id: string;
  readonly state: string;
  readonly tx: string;
  readonly seq: bigint | null;
  readonly block: bigint | null;
  readonly block_hash: string | null;
}

const rowsAtOnce = 1_000;

/** Which chain each node serves. One that does not answer serves none. */
export async function nodesByChain(rpcUrls: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const nodes = new Map<string, string>();
  for (const url of rpcUrls) {
    try {
      nodes.set(BigInt(await chainNodeAt(url).call<string>('eth_chainId')).toString(), url);
    } catch (error) {
      if (!(error instanceof ChainFault)) throw error;
    }
  }
  return nodes;
}

/** The rows of the anchors against what the contracts hold, as the service's own nodes tell. */
export async function checkChains({ log, pool, nodes, keysFolder }: ChainsToCheck): Promise<PartReport[]> {
  const { chains } = log.policy;
  if (chains.length === 0) {
    const part = new Part('chain', log.slug);
    part.leave('not checked', 'the log lists no chain');
    return [part.report()];
  }
  const reports: PartReport[] = [];
  for (const listed of chains) {
    const part = new Part(`chain ${listed.chainId}`, log.slug);
    const rpcUrl = nodes.get(listed.chainId);
    if (rpcUrl === undefined) part.leave('could not check', 'the log lists the chain, and no node of it answers');
    const work = async () => {
      if (rpcUrl === undefined) return;
      const { contract: address, chainId, codeHash, fromBlock } = listed;
      const { chain } = await openAnchorChain({ rpcUrl, keysFolder, pool, contract: { address, chainId, codeHash, fromBlock } });
      await checkChain(new AnchorRows(pool, log, listed), chain, part);
    };
    reports.push(...(await check([part], () => work().catch((error: unknown) => answerFault(part, listed, error)))));
  }
  return reports;
}

/** The node serves the chain: what is wrong then is the code of the contract. */
function answerFault(part: Part, { contract, codeHash }: ListedChain, error: unknown): void {
  if (!(error instanceof WrongChainFault)) throw error;
  part.differs({ message: error.message, at: { contract }, expected: codeHash });
}

async function checkChain(rows: AnchorRows, chain: AnchorChain, part: Part): Promise<void> {
  const { logId } = rows;
  // In this order: what is final has a row by now, and what a row says is on the chain by now.
  const finalized = await chain.block('finalized');
  const [latest, pages] = [await chain.latest(logId), await Array.fromAsync(rows.pages())];
  const events = await chain.allAnchored(logId);
  const bySize = new Map(events.map((event) => [event.size, event]));
  const sizes = new Set<bigint>();
  for (const row of pages.flat()) {
    sizes.add(row.size);
    compareRow(rows, row, bySize.get(row.size), part);
  }
  for (const event of events) if (event.block <= (finalized?.number ?? -1n) && !sizes.has(event.size)) answerUnknown(rows, event, part);
  const isLatestAnchored = latest.size === 0n || bySize.get(latest.size)?.root.equals(latest.root) === true;
  if (!isLatestAnchored) {
    const found = `${latest.size} leaves, root ${latest.root.toString('hex')}`;
    part.differs({ message: 'the contract holds a root that no event of it anchored', at: { contract: rows.listed.contract }, found });
  }
  part.figures['anchors'] = events.length;
  part.figures['leaves anchored'] = latest.size;
}

function compareRow(rows: AnchorRows, row: AnchorRow, event: AnchoredEvent | undefined, part: Part): void {
  const at = { table: 'integrity_anchor', key: rows.keyOf(row) };
  if (row.log_id !== rows.logId)
    part.differs({ message: 'an anchor is of another log', at: { ...at, column: 'log_id' }, expected: rows.logId, found: row.log_id });
  if (row.state !== 'finalised') {
    if (event !== undefined && !event.root.equals(row.root))
      answerRow(at, 'root', event.root.toString('hex'), row.root.toString('hex'), part);
    return;
  }
  if (event === undefined) {
    part.differs({ message: 'an anchor is final in its row, and the contract has no such anchor', at, expected: `state ${row.state}` });
    return;
  }
  const expected = {
    root: event.root.toString('hex'),
    seq: `${event.seq}`,
    block: `${event.block}`,
    block_hash: event.blockHash,
    tx: event.tx,
  };
  const found = { root: row.root.toString('hex'), seq: `${row.seq}`, block: `${row.block}`, block_hash: `${row.block_hash}`, tx: row.tx };
  for (const column of Object.keys(expected) as (keyof typeof expected)[])
    if (expected[column] !== found[column]) answerRow(at, column, expected[column], found[column], part);
}

function answerRow(at: Readonly<Record<string, string>>, column: string, expected: string, found: string, part: Part): void {
  part.differs({ message: 'an anchor is not the one that the contract has', at: { ...at, column }, expected, found });
}

function answerUnknown({ listed }: AnchorRows, { size, root, block, tx }: AnchoredEvent, part: Part): void {
  const at = { contract: listed.contract, block: `${block}`, tx };
  part.differs({ message: `the contract has a final anchor of ${size} leaves that no row knows of`, at, found: root.toString('hex') });
}

/** Rows of one log in one contract. */
class AnchorRows {
  readonly logId: string;
  readonly listed: ListedChain;
  readonly #pool: Pool;
  readonly #log: string;

  constructor(pool: Pool, { slug, origin, vkey }: ProviderLog, listed: ListedChain) {
    this.#pool = pool;
    this.#log = slug;
    this.listed = listed;
    this.logId = logIdOf(origin, vkey);
  }

  keyOf({ size }: AnchorRow): string {
    return `${this.#log}, ${this.listed.chainId}, ${this.listed.contract}, ${size}`;
  }

  async *pages(): AsyncGenerator<readonly AnchorRow[]> {
    for (let after = -1n; ;) {
      const { rows } = await this.#pool.query<AnchorRow>(
        `select size, root, log_id, state, tx, seq, block, block_hash from integrity_anchor
          where log = $1 and chain_id = $2 and lower(contract) = $3 and size > $4 order by size limit ${rowsAtOnce}`,
        [this.#log, this.listed.chainId, this.listed.contract.toLowerCase(), after],
      );
      yield rows;
      const last = rows.at(-1);
      if (last === undefined || rows.length < rowsAtOnce) return;
      after = last.size;
    }
  }
}
