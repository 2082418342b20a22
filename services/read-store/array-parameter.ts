/*
 * One-dimensional array parameters in Postgres's binary format, for `... from unnest($1::text[], ...)`: one statement writes a whole
 * batch. In the driver's text format every quote of every JSON text is escaped here, and taken apart again by the server while it holds
 * the head row.
 */
const int4Oid = 23;
const int8Oid = 20;
const textOid = 25;
const uuidOid = 2950;
const headerBytes = 20;

export function int4Array(values: readonly number[]): Buffer {
  const buffer = begin(int4Oid, values.length, values.length * 8);
  values.forEach((value, index) => {
    buffer.writeInt32BE(4, headerBytes + index * 8);
    buffer.writeInt32BE(value, headerBytes + index * 8 + 4);
  });
  return buffer;
}

export function int8Array(values: readonly bigint[]): Buffer {
  const buffer = begin(int8Oid, values.length, values.length * 12);
  values.forEach((value, index) => {
    buffer.writeInt32BE(8, headerBytes + index * 12);
    buffer.writeBigInt64BE(value, headerBytes + index * 12 + 4);
  });
  return buffer;
}

/** UUIDs in their text form. */
export function uuidArray(values: readonly string[]): Buffer {
  const buffer = begin(uuidOid, values.length, values.length * 20);
  values.forEach((value, index) => {
    buffer.writeInt32BE(16, headerBytes + index * 20);
    buffer.write(value.replaceAll('-', ''), headerBytes + index * 20 + 4, 'hex');
  });
  return buffer;
}

/** Undefined becomes null. */
export function textArray(values: readonly (string | undefined)[]): Buffer {
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

/** Header: dimensions, a flag that nulls may occur, type of the elements, their number, first index. Postgres never sees a length 0 here. */
function begin(elementOid: number, length: number, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(headerBytes + bytes);
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(1, 4);
  buffer.writeInt32BE(elementOid, 8);
  buffer.writeInt32BE(length, 12);
  buffer.writeInt32BE(1, 16);
  return buffer;
}
