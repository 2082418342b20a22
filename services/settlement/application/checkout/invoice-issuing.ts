/** Whoever closes charges to an invoice gets its id at once; its document follows by a process. */
export interface InvoiceIssuing {
  /** Resolves when every invoice that was closed when it was asked has its document. Throws `ProjectionBehindFault` after some seconds. */
  caughtUp(): Promise<void>;
}

export const INVOICE_ISSUING = Symbol('InvoiceIssuing');
