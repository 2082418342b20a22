/*
 * Columns of a batch as array parameters in Postgres's binary format, for `insert ... select from unnest(...)`. One statement writes a
 * whole batch, and neither side spends time on quoting.
 */
const int8Oid = 20;
const textOid = 25;
const headerBytes = 20;

/** For `$n::bigint[]`. */
export function bigintColumn(values: readonly bigint[]): Buffer {
  const buffer = begin(int8Oid, values.length, values.length * 12);
  let at = headerBytes;
  for (const value of values) {
    buffer.writeInt32BE(8, at);
    buffer.writeBigInt64BE(value, at + 4);
    at += 12;
  }
  return buffer;
}

/** For `$n::text[]`; the statement casts to other types. Undefined becomes null. */
export function textColumn(values: readonly (string | undefined)[]): Buffer {
  let bytes = 0;
  for (const value of values) bytes += 4 + (value === undefined ? 0 : Buffer.byteLength(value));
  const buffer = begin(textOid, values.length, bytes);
  let at = headerBytes;
  for (const value of values) {
    const length = value === undefined ? -1 : buffer.write(value, at + 4);
    buffer.writeInt32BE(length, at);
    at += 4 + Math.max(length, 0);
  }
  return buffer;
}

/** One dimension from index 1, which a batch without rows does not have: callers write no statement for it. */
function begin(elementOid: number, length: number, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(headerBytes + bytes);
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(1, 4);
  buffer.writeInt32BE(elementOid, 8);
  buffer.writeInt32BE(length, 12);
  buffer.writeInt32BE(1, 16);
  return buffer;
}
