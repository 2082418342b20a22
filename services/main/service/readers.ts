import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { InvoicingProcess } from '../../invoicing/application/invoicing.process.ts';
import { ErasureProcess } from '../../privacy/application/erasure.process.ts';
import { EventReader } from '../../read-store/event-reader.ts';
import type { Projection } from '../../read-store/projection.ts';
import { ProjectionRunner } from '../../read-store/projection-runner.ts';
import { SettlementProcess } from '../../settlement/application/booking/settlement.process.ts';
import { CreditRefundProcess } from '../../settlement/application/credit/credit-refund.process.ts';
import { OlderCreditProcess } from '../../settlement/application/credit/older-credit.process.ts';
import { PrepaidCreditProcess } from '../../settlement/application/credit/prepaid-credit.process.ts';
import { CancelledEventProcess } from '../../settlement/application/escrow/cancelled-event.process.ts';
import { CancelledTitleProcess } from '../../settlement/application/escrow/cancelled-title.process.ts';
import { RefundProcess } from '../../settlement/application/refunds/refund.process.ts';
import { SendingProcess } from '../../settlement/application/sending/sending.process.ts';
import { eventTypes } from '../event-types.ts';
import { readModels } from '../read-models.ts';
import type { Foundations } from './foundations.ts';

/** Who follows the log: read models, which show what happened, and processes, which order what follows from it. Not yet running. */
export function readersOf(
  { pool, integrity, privacy, progress }: Foundations,
  app: NestFastifyApplication,
  logger: Logger,
): ProjectionRunner[] {
  const reader = new EventReader({
    types: eventTypes,
    onUnknown: ({ type, stream, revision, position }) =>
      logger.warn({ type, stream, revision, position }, 'Events of this type are unknown here: read models take only their postings.'),
  });
  const processes: Projection[] = [
    app.get(InvoicingProcess, { strict: false }),
    app.get(SettlementProcess, { strict: false }),
    app.get(OlderCreditProcess, { strict: false }),
    new ErasureProcess(privacy.erasures),
    app.get(SendingProcess, { strict: false }),
    app.get(RefundProcess, { strict: false }),
    app.get(CreditRefundProcess, { strict: false }),
    app.get(PrepaidCreditProcess, { strict: false }),
    app.get(CancelledTitleProcess, { strict: false }),
    app.get(CancelledEventProcess, { strict: false }),
  ];
  return [...readModels, ...processes].map((projection) => {
    const onHalt = (status: object) => logger.error({ status }, 'A read model halted; it needs somebody to look.');
    return new ProjectionRunner({ projection, eventStore: integrity.eventStore, reader, pool, progress, onHalt });
  });
}
