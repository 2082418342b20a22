import pg from 'pg';
import { StoreUnavailableFault, UnknownOutcomeFault } from '../../domain/faults.ts';

/** SQLSTATE classes of a statement that fails for what is in it, however often it is sent: data exception, constraint, program limit. */
const poisonClasses = new Set(['22', '23', '54']);
/** Connection exception, operator intervention (shutdown, crash of a neighbour): the connection is of no further use. */
const lostClasses = new Set(['08', '57']);

/** Did the server refuse this very content? Then nothing of the transaction was written, and nothing ever will be. */
export function isPoison(error: unknown): boolean {
  return error instanceof pg.DatabaseError && poisonClasses.has(classOf(error));
}

/** Is the connection gone or in doubt? Whatever the server did not answer may or may not have been committed. */
export function isConnectionLost(error: unknown): boolean {
  return (
    !(error instanceof pg.DatabaseError) || lostClasses.has(classOf(error)) || error.severity === 'FATAL' || error.severity === 'PANIC'
  );
}

export function unknownOutcome(cause: unknown): UnknownOutcomeFault {
  return new UnknownOutcomeFault(`The event store did not answer an append: ${messageOf(cause)}`, { cause });
}

export function unavailable(cause: unknown): StoreUnavailableFault {
  return new StoreUnavailableFault(`The event store cannot be read: ${messageOf(cause)}`, { cause });
}

function classOf(error: pg.DatabaseError): string {
  return (error.code ?? '').slice(0, 2);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
