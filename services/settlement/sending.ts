import type { CommandBus } from '@nestjs/cqrs';
import type { Pool } from 'pg';
import { ChainAccess, chainNodeAt, keptTransactions } from '../chain/chain-access.ts';
import { systemClock } from '../commands/application/clock.ts';
import type { CommandExecutor } from '../commands/application/command-executor.ts';
import type { SequencerLock } from '../integrity/application/sequencer-lock.ts';
import { AnyNode } from './adapters/chain/any-node.ts';
import { ContractDispatchCalls } from './adapters/chain/contract.dispatch-calls.ts';
import { PostgresGasCosts } from './adapters/postgres/postgres.gas-costs.ts';
import { CollectionRetries, type FailedCollections, retryAfterMsDefault } from './application/mandates/collection-retries.ts';
import type { CreditBook } from './application/credit/credit-book.ts';
import { CreditExpiries } from './application/credit/credit-expiries.ts';
import { DispatchSender } from './application/sending/dispatch-sender.ts';
import { EscrowReclaims, type EscrowReclaimsOptions } from './application/escrow/escrow-reclaims.ts';
import type { OpenDispatches } from './application/sending/open-dispatches.ts';
import type { SenderKeys } from './application/sending/sender-keys.ts';
import { limitsOf } from './application/sending/sending-limits.ts';
import type { SendingAlarm } from './application/sending/sending-status.ts';
import type { SettlementChain } from './application/settlement-chain.ts';
import { SettlementSender } from './application/sending/settlement-sender.ts';
import { type UnseenDispatches, UnseenEffects } from './application/sending/unseen-effects.ts';

export interface SendingOptions {
  readonly chains: readonly SettlementChain[];
  readonly pool: Pool;
  readonly executor: CommandExecutor;
  readonly commands: CommandBus;
  readonly open: OpenDispatches & FailedCollections & UnseenDispatches;
  readonly keys: SenderKeys;
  /** Slugs of all that are known when it is asked. */
  readonly providers: () => Iterable<string>;
  readonly lock: SequencerLock;
  readonly escrows: Pick<EscrowReclaimsOptions, 'open' | 'purchases' | 'onUncaptured'>;
  readonly credit: Pick<CreditBook, 'tokens'>;
  readonly onAlarm: (alarm: SendingAlarm) => void;
}

/** The parts of sending, put together. Nothing runs until `start()`. */
export function openSending(options: SendingOptions): SettlementSender {
  const { chains, pool, executor, commands, open, keys, providers, lock, escrows, credit, onAlarm } = options;
  const transactions = keptTransactions(pool);
  const sender = new DispatchSender({
    ...{ executor, calls: new ContractDispatchCalls(), costs: new PostgresGasCosts(pool), clock: systemClock },
    limitsOn: (chainId) => limitsOf(chains.find((chain) => chain.chainId === chainId)),
  });
  const afterMsOn = (chainId: string) =>
    chains.find((chain) => chain.chainId === chainId)?.collectRetrySeconds?.map((seconds) => seconds * 1_000) ?? retryAfterMsDefault;
  const chainIds = chains.map(({ chainId }) => chainId);
  return new SettlementSender({
    dues: [
      new CollectionRetries({ executor, commands, failed: open, clock: systemClock, afterMsOn }),
      new EscrowReclaims({ executor, ...escrows, clock: systemClock, chainIds }),
      new CreditExpiries({ book: credit, commands, clock: systemClock }),
      new UnseenEffects({ executor, found: open, clock: systemClock, chainIds, perRoundMax: 200, onAlarm }),
    ],
    chains: chains.map(
      ({ chainId, rpcUrls, spending, profile: { finality } }) =>
        new ChainAccess({
          ...{ chainId, transactions, node: new AnyNode(rpcUrls.map(chainNodeAt)) },
          ...{ feePerGasMax: spending?.feePerGasMax, finality },
        }),
    ),
    ...{ open, executor, keys, providers, sender, lock, onAlarm },
    ...{ pollMs: 1_000, reconcileMs: 60_000, idlePerRoundMax: 5, affordableMin: 20n },
  });
}
