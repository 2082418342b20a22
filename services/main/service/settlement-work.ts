import { CommandBus } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ProjectedLedgerHoldings } from '../../../projections/account-balances/projected.ledger-holdings.ts';
import { SettlementDispatchesQuery } from '../../../projections/settlement-dispatches/settlement-dispatches.query.ts';
import { systemClock } from '../../commands/application/clock.ts';
import { CommandExecutor } from '../../commands/application/command-executor.ts';
import { AdvisoryLock } from '../../integrity/adapters/postgres/advisory-lock.ts';
import { amountText } from '../../money/money.ts';
import { CREDIT_BOOK, type CreditBook } from '../../settlement/application/credit/credit-book.ts';
import type { Reconciler } from '../../settlement/application/reconciling/reconciler.ts';
import type { SettlementSender } from '../../settlement/application/sending/settlement-sender.ts';
import { differenceOf, type Reconciliation } from '../../settlement/domain/reconciliation.ts';
import { openReconciling } from '../../settlement/reconciling.ts';
import { openSending } from '../../settlement/sending.ts';
import type { Foundations } from './foundations.ts';
import type { ServiceOptions } from './service-options.ts';
import type { SettlementParts } from './settlement-modules.ts';

/** Compares chains with the books. Not yet running. */
export function reconcilerOf(options: ServiceOptions, { pool, reads }: Foundations, { providers }: SettlementParts): Reconciler {
  const { logger, settlementChains: chains = [], reconciling: settings = {} } = options;
  return openReconciling({
    ...{ chains, pool, lock: new AdvisoryLock(pool), providers, clock: systemClock, settings },
    holdings: new ProjectedLedgerHoldings(reads),
    onAlarm: (difference) => logger.error({ difference: legible(difference) }, 'A chain does not hold what the books say.'),
    onOverdue: ({ what, comparedAt, failure }) =>
      logger.error(
        { what, comparedAt: comparedAt?.toISOString() ?? 'never', failure },
        'A chain was not compared with the books for too long: whether it holds what they say, nobody can tell.',
      ),
    onRetry: (what, err) => logger.warn({ what, err }, 'A comparison of a chain with the books could not be made; it is tried again.'),
  });
}

/** Brings onto chains what is ordered for them. Not yet running. */
export function senderOf(
  { logger, settlementChains: chains = [] }: ServiceOptions,
  { pool, integrity }: Foundations,
  { purchases, senderKeys }: SettlementParts,
  app: NestFastifyApplication,
): SettlementSender {
  return openSending({
    ...{ chains, pool, open: app.get(SettlementDispatchesQuery, { strict: false }), lock: new AdvisoryLock(pool) },
    ...{ executor: app.get(CommandExecutor, { strict: false }), commands: app.get(CommandBus, { strict: false }) },
    keys: senderKeys,
    providers: () => integrity.logs.known().map(({ slug }) => slug),
    escrows: {
      ...{ open: purchases, purchases },
      onUncaptured: (notice) =>
        logger.error(notice, 'An escrow holds what buyers paid; unless it is captured in time, it goes back to them.'),
    },
    credit: app.get<CreditBook>(CREDIT_BOOK, { strict: false }),
    onAlarm: (alarm) => logger.error({ alarm }, 'Sending needs somebody to look; it is tried on.'),
  });
}

/** A log line holds no bigint. */
function legible(difference: Reconciliation): object {
  const { onChain, opening, inLedger, inFlight, ...place } = difference;
  const texts = {
    onChain: amountText(onChain),
    opening: amountText(opening),
    inLedger: amountText(inLedger),
    inFlight: amountText(inFlight),
  };
  return { ...place, ...texts, difference: amountText(differenceOf(difference)) };
}
