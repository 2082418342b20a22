import { join } from 'node:path';
import type { DynamicModule } from '@nestjs/common';
import { ProjectedTitleBuyers } from '../../../projections/entitlements/projected.title-buyers.ts';
import { MandatesQuery } from '../../../projections/mandates/mandates.query.ts';
import { ProjectedMandateOwners } from '../../../projections/mandates/projected.mandate-owners.ts';
import { PrepaidCreditQuery } from '../../../projections/prepaid-credit/prepaid-credit.query.ts';
import { ProjectedEscrowPurchases } from '../../../projections/settlements/projected.escrow-purchases.ts';
import { PostgresSignInNonces } from '../../access/adapters/postgres/sign-in-nonces.ts';
import { keptTransactions } from '../../chain/chain-access.ts';
import { systemClock } from '../../commands/application/clock.ts';
import { PublicOrigin } from '../../http/public-origin.ts';
import { AdvisoryLock } from '../../integrity/adapters/postgres/advisory-lock.ts';
import { invoicingProcess } from '../../invoicing/application/invoicing.process.ts';
import { EncryptedKeystoreSenderKeys } from '../../settlement/adapters/keys/encrypted-keystore.sender-keys.ts';
import { EncryptedKeystoreSigner } from '../../settlement/adapters/keys/encrypted-keystore.signer.ts';
import { PostgresClosedSlots } from '../../settlement/adapters/postgres/postgres.closed-slots.ts';
import { PostgresGasCosts } from '../../settlement/adapters/postgres/postgres.gas-costs.ts';
import { PostgresWatcherStatusStore } from '../../settlement/adapters/postgres/postgres.watcher-status-store.ts';
import type { InvoiceIssuing } from '../../settlement/application/checkout/invoice-issuing.ts';
import { StreamSlotPayments } from '../../settlement/application/checkout/stream.slot-payments.ts';
import { LoggedProviders, type ProviderDirectory } from '../../settlement/application/provider-directory.ts';
import type { SenderKeys } from '../../settlement/application/sending/sender-keys.ts';
import type { SettlementLedger } from '../../settlement/application/watching/settlement-ledger.ts';
import { BookingModule } from '../../settlement/booking.module.ts';
import { SendingModule } from '../../settlement/sending.module.ts';
import { SettlementModule } from '../../settlement/settlement.module.ts';
import { openWatching, type Watching } from '../../settlement/watching.ts';
import { WatchingModule } from '../../settlement/watching.module.ts';
import type { Foundations } from './foundations.ts';
import type { ServiceOptions } from './service-options.ts';

/** Payments on chain as far as they are asked and ordered; what the work on chains needs of them besides. */
export interface SettlementParts {
  readonly modules: readonly DynamicModule[];
  readonly watching: Watching;
  readonly providers: ProviderDirectory;
  readonly purchases: ProjectedEscrowPurchases;
  readonly senderKeys: SenderKeys;
  readonly publicOrigin: PublicOrigin;
}

/** Keys that relays are spread over: never fewer, or a provider would get another one. */
const relayerKeys = 2;

/** `ledger`: asked for when the watcher has something to tell. The application makes it, and shows how its watcher goes. */
export function settlementParts(options: ServiceOptions, foundations: Foundations, ledger: () => SettlementLedger): SettlementParts {
  const { logger, quotePasswordFile, checkoutLimits = {}, settlementChains: chains = [] } = options;
  const { pool, integrity, keysFolder, secret, reads } = foundations;
  const { eventStore, logs } = integrity;
  const keystore = { folder: join(keysFolder, 'quotes'), passwordFile: quotePasswordFile ?? join(keysFolder, 'quotes.password') };
  const senderKeys = new EncryptedKeystoreSenderKeys({ ...keystore, relayers: relayerKeys });
  const providers = new LoggedProviders(logs);
  const purchases = new ProjectedEscrowPurchases(reads);
  const watching = openWatching({
    ...{ chains, pool, lock: new AdvisoryLock(pool), clock: systemClock },
    ledger: askedWhenNeeded(ledger),
    onAlarm: (status) => logger.error({ status }, 'A chain that providers are paid on needs somebody to look.'),
    onRetry: (chainId, err) => logger.warn({ chainId, err }, 'A look at a chain that providers are paid on failed; it is tried again.'),
  });
  const publicOrigin = new PublicOrigin(options.publicOrigin);
  const settlement = SettlementModule.register({
    ...{ publicOrigin, issuing: invoiceIssuing(foundations), limits: checkoutLimits, chains, secret },
    ...{ payments: new StreamSlotPayments(eventStore), closed: new PostgresClosedSlots(pool) },
    statuses: new PostgresWatcherStatusStore(pool),
    signer: new EncryptedKeystoreSigner(keystore),
    senders: senderKeys,
  });
  const booking = BookingModule.register({
    ...{ chains, providers, purchases, mandates: new ProjectedMandateOwners(reads) },
    onUnmatched: (notice) => logger.error(notice, 'Money came or went on chain that the ledger never asked for; somebody has to look.'),
    onOldRate: (notice) =>
      logger.error(notice, 'What came on chain is valued by an old rate; somebody has to see where the newer ones are.'),
  });
  const sending = SendingModule.register({
    ...{ mandates: new MandatesQuery(pool), signIns: new PostgresSignInNonces(pool), secret },
    ...{ credit: new PrepaidCreditQuery(pool), costs: new PostgresGasCosts(pool), settlement },
    ...{ transactions: keptTransactions(pool), buyers: new ProjectedTitleBuyers(reads), purchases },
    onUndone: (notice) => logger.error(notice, 'What was decided could not be done on chain; somebody has to look.'),
  });
  const modules = [WatchingModule.register(watching), booking, settlement, sending];
  return { modules, watching, providers, purchases, senderKeys, publicOrigin };
}

/** An invoice is paid for when the process that issues it has seen all that was ordered. */
function invoiceIssuing({ integrity, progress }: Foundations): InvoiceIssuing {
  const caughtUp = async () => {
    const { position } = await integrity.eventStore.head();
    await progress.waitFor(invoicingProcess, { position, timeoutMs: 5_000 });
  };
  return { caughtUp };
}

function askedWhenNeeded(ledger: () => SettlementLedger): SettlementLedger {
  return {
    providers: () => ledger().providers(),
    lastSlot: (providerId) => ledger().lastSlot(providerId),
    take: (effect, heads) => ledger().take(effect, heads),
    reorged: (effect, reason) => ledger().reorged(effect, reason),
    mandatesRevoked: (ends) => ledger().mandatesRevoked(ends),
  };
}
