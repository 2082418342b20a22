import type { Expectation } from './event-store.ts';

/** The world failed. Only adapters create these. `retryable` says whether the same request may be sent again. */
export abstract class StoreFault extends Error {
  abstract readonly retryable: boolean;
}

/** Somebody else moved the stream. Load, decide and append again; never with the same decision. */
export class ConflictFault extends StoreFault {
  override readonly name = 'ConflictFault';
  override readonly retryable = true;
  readonly stream: string;
  readonly expected: Expectation;
  readonly actual: Expectation;

  constructor(stream: string, expected: Expectation, actual: Expectation) {
    super(`Stream ${stream} is at ${actual}, not at ${expected}.`);
    this.stream = stream;
    this.expected = expected;
    this.actual = actual;
  }
}

/** The request may or may not have been written. Send exactly the same again; never decide again. */
export class UnknownOutcomeFault extends StoreFault {
  override readonly name = 'UnknownOutcomeFault';
  override readonly retryable = true;
}

/** The queue in front of the store is full. Nothing was written. */
export class StoreOverloadedFault extends StoreFault {
  override readonly name = 'StoreOverloadedFault';
  override readonly retryable = true;
}

/** The store cannot be reached for a read. */
export class StoreUnavailableFault extends StoreFault {
  override readonly name = 'StoreUnavailableFault';
  override readonly retryable = true;
}

/** The stream has no events. */
export class StreamNotFoundFault extends StoreFault {
  override readonly name = 'StreamNotFoundFault';
  override readonly retryable = false;

  constructor(stream: string) {
    super(`Stream ${stream} has no events.`);
  }
}

/** A ledger stream was deleted or cut behind the port: somebody tampered with the ledger. */
export class StreamDeletedFault extends StoreFault {
  override readonly name = 'StreamDeletedFault';
  override readonly retryable = false;
}

/** A start position lies beyond the head: the store was restored behind its readers. */
export class PositionBeyondHeadFault extends StoreFault {
  override readonly name = 'PositionBeyondHeadFault';
  override readonly retryable = false;
}

/** We were wrong: the request can never be written (a bad name, an id twice, more than 1 MiB). Nothing was written. */
export class AppendRefusedDefect extends Error {
  override readonly name = 'AppendRefusedDefect';
  readonly reason: 'rejected' | 'too_large';

  constructor(message: string, { reason = 'rejected', cause }: { reason?: 'rejected' | 'too_large'; cause?: unknown } = {}) {
    super(message, { cause });
    this.reason = reason;
  }
}
