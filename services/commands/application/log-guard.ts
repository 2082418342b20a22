import { StoreFault } from '../../event-store/domain/faults.ts';

/**
 * The event store does not hold everything that was shown of the log: it was set back to an older copy. Nothing was written. The same
 * request may be sent again when the operator has recovered the log.
 */
export class LogBehindFault extends StoreFault {
  override readonly name = 'LogBehindFault';
  override readonly retryable = true;
}

/** Says whether a provider's log may go on. What is written to a store that was set back takes the place of events that others hold receipts for. */
export interface LogGuard {
  /**
   * Undefined, at once, for a log that was found whole a moment ago; else a promise that resolves when it is found whole and rejects with
   * `LogBehindFault` when it is not.
   */
  admit(provider: string): Promise<void> | undefined;
}
