import { PostgresTransactionStore } from '../../../services/chain/adapters/postgres/postgres.transaction-store.ts';
import type { QueuedTransaction } from '../../../services/chain/application/transaction.ts';
import { PostgresAnchorStore } from '../../../services/integrity/adapters/postgres/postgres.anchor-store.ts';
import { PostgresRoundStore } from '../../../services/integrity/adapters/postgres/postgres.round-store.ts';
import type { Anchor } from '../../../services/integrity/application/anchor-store.ts';
import type { Round } from '../../../services/integrity/application/round-store.ts';
import type { Anvil } from '../../support/anvil.ts';
import type { AnchoringFixture } from './anchoring-fixture.ts';
import { until } from './log-fixture.ts';

/** Looks at rounds, anchors and the chain, and lets the chain go on while it waits for finality. */
export function observe(fixture: AnchoringFixture, anvil: Anvil) {
  const rounds = new PostgresRoundStore(fixture.pool);
  const anchors = new PostgresAnchorStore(fixture.pool);
  const transactions = new PostgresTransactionStore(fixture.pool);

  /** Lets the chain go on until an anchor of at least this size is final. */
  async function untilFinal(slug: string, size = 1n): Promise<Anchor> {
    return until(async () => {
      await anvil.mine(1);
      const anchor = await anchors.lastFinalised(slug, fixture.contract);
      return anchor !== undefined && anchor.size >= size ? anchor : undefined;
    });
  }

  async function untilRound(slug: string, number: bigint, state: Round['state'] = 'covered'): Promise<Round> {
    return until(async () => {
      const round = await rounds.last(slug);
      return round?.number === number && round.state === state ? round : undefined;
    });
  }

  async function typesOf(slug: string): Promise<string[]> {
    const types: string[] = [];
    for await (const { type } of fixture.store.readStream(`${slug}.log-0`)) types.push(type);
    return types;
  }

  async function untilSigned(slug: string): Promise<Anchor> {
    return until(async () => (await anchors.unsettled(slug, fixture.contract))[0]);
  }

  /** Every `Anchored` event of the log, as the chain has them now: their sizes. */
  async function anchoredSizes(slug: string): Promise<bigint[]> {
    const topics = [null, `0x${await fixture.logIdOf(slug)}`];
    const range = { address: fixture.contract.contract, fromBlock: '0x0', toBlock: 'latest' };
    const logs = await anvil.rpc.call<{ topics: string[] }[]>('eth_getLogs', { ...range, topics });
    return logs.filter((log) => log.topics.length === 3).map((log) => BigInt(log.topics[2] as string));
  }

  /** The transactions of a provider's publisher that are not final, lowest nonce first. */
  async function underWay(slug: string): Promise<QueuedTransaction[]> {
    const { address } = await fixture.keys.walletOf({ publisherOf: slug });
    return transactions.unsettled({ chainId: '31337', address });
  }

  return { rounds, anchors, transactions, untilFinal, untilRound, typesOf, untilSigned, underWay, anchoredSizes };
}
