import { generateKeyPairSync, hash, sign } from 'node:crypto';

/** A witness that cosigns whatever it is given (C2SP tlog-cosignature), at the time that it is told. */
export class TestWitness {
  readonly name: string;
  readonly vkey: string;
  readonly #key = generateKeyPairSync('ed25519');
  readonly #keyHash: Buffer;

  constructor(name: string) {
    this.name = name;
    const typed = Buffer.concat([Buffer.of(0x04), Buffer.from(this.#key.publicKey.export({ format: 'jwk' }).x as string, 'base64url')]);
    this.#keyHash = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typed]), 'buffer').subarray(0, 4);
    this.vkey = `${name}+${this.#keyHash.toString('hex')}+${typed.toString('base64')}`;
  }

  /** The note with a line more. */
  cosign(note: Buffer, seconds: number): Buffer {
    const text = note.toString().slice(0, note.toString().lastIndexOf('\n\n') + 1);
    const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`), this.#key.privateKey);
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(BigInt(seconds));
    return Buffer.from(`${note.toString()}— ${this.name} ${Buffer.concat([this.#keyHash, time, signature]).toString('base64')}\n`);
  }
}
