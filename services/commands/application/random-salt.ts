import { randomFillSync } from 'node:crypto';

const saltBytes = 32;
/** Random bytes are asked for many salts at a time: the call costs more than the bytes. None is used twice. */
const pool = Buffer.allocUnsafe(saltBytes * 256);
let used = pool.length;

/** 32 random bytes as 64 lower-case hex. */
export function randomSalt(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const salt = pool.toString('hex', used, used + saltBytes);
  used += saltBytes;
  return salt;
}
