/** What a client proposes, as the wire carries it: bytes, whatever they hold. */
export interface WireEvent {
  readonly id: string;
  readonly type: string;
  readonly isJson: boolean;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

/** Where an event lies. Commit and prepare position are one number: so it was for every event of the observed server. */
export interface WirePlace {
  readonly stream: string;
  readonly revision: bigint;
  readonly position: bigint;
  readonly createdAtMs: number;
}

/** What the log holds. */
export class WireRecord implements WireEvent, WirePlace {
  readonly id: string;
  readonly type: string;
  readonly isJson: boolean;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
  readonly stream: string;
  readonly revision: bigint;
  readonly position: bigint;
  readonly createdAtMs: number;
  #encoded: Buffer | undefined;

  constructor({ id, type, isJson, data, metadata }: WireEvent, { stream, revision, position, createdAtMs }: WirePlace) {
    this.id = id;
    this.type = type;
    this.isJson = isJson;
    this.data = data;
    this.metadata = metadata;
    this.stream = stream;
    this.revision = revision;
    this.position = position;
    this.createdAtMs = createdAtMs;
  }

  /** How it goes out, made once however many readers there are. */
  encoded(make: (record: WireRecord) => Buffer): Buffer {
    this.#encoded ??= make(this);
    return this.#encoded;
  }
}

/** The expectations of the protocol, two more than the port has. */
export type WireExpectation = 'any' | 'stream_exists' | 'no_stream' | bigint;

export interface WireAppend {
  readonly stream: string;
  readonly expected: WireExpectation;
  readonly events: readonly WireEvent[];
}

/** What the log answers to an append. `silence`: the observed server never answers that one. */
export type WireAnswer =
  | { readonly outcome: 'success'; readonly revision: bigint | undefined; readonly position: bigint | undefined }
  | { readonly outcome: 'conflict'; readonly actual: bigint | undefined }
  | { readonly outcome: 'deleted' }
  | { readonly outcome: 'silence' };

/** Names with a leading `$$` hold the metadata of the stream named behind it. */
export function metastreamOf(stream: string): string {
  return `$$${stream}`;
}
