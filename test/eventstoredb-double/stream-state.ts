import type { WireRecord } from './wire-event.ts';

/** `$tb` of a stream that was deleted softly. */
export const truncatedWholly = 2n ** 63n - 1n;

/** One stream: its events, and what its metadata hides of them. */
export class StreamState {
  /** The element at index n has revision n. */
  readonly records: WireRecord[] = [];
  tombstoned = false;
  #truncateBefore = 0n;
  #countMax: bigint | undefined;
  #ageMsMax: number | undefined;

  get lastRevision(): bigint {
    return BigInt(this.records.length) - 1n;
  }

  get softDeleted(): boolean {
    return this.#truncateBefore === truncatedWholly;
  }

  /** First revision that a read of the stream shows; the log shows all of them until a scavenge. */
  firstVisible(nowMs: number): bigint {
    const count = BigInt(this.records.length);
    let first = this.#truncateBefore;
    if (this.#countMax !== undefined && count - this.#countMax > first) first = count - this.#countMax;
    if (this.#ageMsMax === undefined) return first;
    const oldestMs = nowMs - this.#ageMsMax;
    while (first < count && (this.records[Number(first)] as WireRecord).createdAtMs < oldestMs) first++;
    return first;
  }

  /** Takes over the newest metadata event of the stream. What is not JSON sets nothing. */
  applyMetadata(data: Uint8Array): void {
    const metadata = parsed(data);
    this.#truncateBefore = integerIn(metadata['$tb']) ?? 0n;
    this.#countMax = integerIn(metadata['$maxCount']);
    const ageSecondsMax = integerIn(metadata['$maxAge']);
    this.#ageMsMax = ageSecondsMax === undefined ? undefined : Number(ageSecondsMax) * 1000;
  }
}

function parsed(data: Uint8Array): Record<string, unknown> {
  try {
    // 2^63 - 1 is no JavaScript number, and it is the one that matters.
    const text = new TextDecoder().decode(data).replace(/("\$(?:tb|maxCount|maxAge)"\s*:\s*)(\d+)/g, '$1"$2"');
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function integerIn(value: unknown): bigint | undefined {
  return typeof value === 'string' && /^\d+$/.test(value) ? BigInt(value) : undefined;
}
