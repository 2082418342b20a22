/** A person whose data are held, with one provider. */
export interface SubjectName {
  readonly provider: string;
  readonly subject: string;
}

/** A person's key as it lies in the database: encrypted under a key that lies elsewhere. */
export interface WrappedKey {
  /** Which key it is wrapped under. */
  readonly wrappingKey: string;
  readonly bytes: Buffer;
}

/** Personal data of one event and subject, encrypted. */
export interface VaultRow {
  readonly event: string;
  readonly subject: string;
  readonly stream: string;
  readonly nonce: Buffer;
  readonly sealed: Buffer;
}

/** Where wrapped keys and encrypted data lie. Durable whenever a write resolves; every write is safe to repeat. */
export interface VaultStore {
  key(name: SubjectName): Promise<WrappedKey | 'destroyed' | undefined>;
  /** Keeps the key of a subject that has none. Answers the key that the subject has then: of several that race, the first one's. */
  addKey(name: SubjectName, key: WrappedKey): Promise<WrappedKey | 'destroyed'>;
  /** Destroys a key for ever, whether there was one or not, and deletes the subject's rows. */
  destroyKey(name: SubjectName): Promise<void>;
  /** Keeps a row that is not there yet, and answers the one that is there then; undefined where the subject has no key. */
  keep(name: SubjectName, row: VaultRow): Promise<VaultRow | undefined>;
  find(event: string, subject: string): Promise<VaultRow | undefined>;
  /** Subjects of a provider that have a key, behind a subject, in order. */
  subjects(provider: string, after: string, limit: number): Promise<readonly string[]>;
  deleteRows(name: SubjectName, events: readonly string[]): Promise<void>;
  /** Rows that no writer needed since and that nobody confirmed, oldest first. */
  unconfirmed(keptBefore: Date, limit: number): Promise<readonly VaultRow[]>;
  /** The events of these rows are in their streams. */
  confirm(rows: readonly VaultRow[]): Promise<void>;
  /** Deletes a row, unless a writer needed it since. */
  deleteUnneeded(row: VaultRow, keptBefore: Date): Promise<void>;
  keysUnder(wrappingKey: string, limit: number): Promise<readonly (SubjectName & { readonly key: WrappedKey })[]>;
  /** Puts a key in the place of the same one under another wrapping; does nothing to one that was destroyed meanwhile. */
  rewrap(name: SubjectName, from: WrappedKey, to: WrappedKey): Promise<void>;
}
