import pg from 'pg';
import { isTransient } from './ownership.ts';

const networkCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);
/** The driver has no class and no code for a connection that broke or could not be made. */
const driverMessage = /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout)/;

/** Could a query not be asked, or its answer not come back? Then the same query may be sent again. */
export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return isTransient(error);
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  return networkCodes.has(String(code)) || driverMessage.test(String(message));
}

/** Did something fail that a later attempt may not meet: the database, or whatever else says so of itself? */
export function isRetryable(error: unknown): boolean {
  return isDatabaseAway(error) || (error instanceof Error && 'retryable' in error && error.retryable === true);
}
