/** A key outside the database, under which the keys of persons are encrypted: 32 bytes. */
export interface WrappingKey {
  /** Names the key and says nothing of it. */
  readonly id: string;
  readonly bytes: Uint8Array;
}

export interface WrappingKeys {
  /** The one that new keys are wrapped under. */
  current(): Promise<WrappingKey>;
  /** Throws `WrappingKeyMissingFault` for one that is not there (any more). */
  named(id: string): Promise<WrappingKey>;
}

/** The database needs a key that the file of keys does not hold: one of the two is from elsewhere, or from another time. */
export class WrappingKeyMissingFault extends Error {
  override readonly name = 'WrappingKeyMissingFault';
  readonly retryable = false;

  constructor(id: string, place: string) {
    super(`Personal data are encrypted under the wrapping key ${id}, which ${place} does not hold. Put back the file that holds it.`);
  }
}
