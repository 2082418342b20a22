import { type Witness, type WitnessAnswer, WitnessFault, type WitnessRequest } from '../../application/witness.ts';
import { cosignatureIn, type CosignerKey } from '../../domain/cosignature.ts';

/** Where a witness is reached, and by which key its word is known. */
export interface WitnessAddress {
  /** Prefix of C2SP tlog-witness: `/add-checkpoint` is added to it. */
  readonly url: string;
  readonly key: CosignerKey;
}

/** A cosignature line has about 200 bytes; a witness may add others of its own. */
const answerBytesMax = 64 * 1024;
const sizePattern = /^(0|[1-9][0-9]{0,19})\n?$/;

/** Speaks C2SP tlog-witness. Whatever comes back, nothing counts but a cosignature that verifies, a size, or a contradiction. */
export class HttpWitness implements Witness {
  readonly name: string;
  readonly vkey: string;
  readonly #url: string;
  readonly #key: CosignerKey;

  constructor({ url, key }: WitnessAddress) {
    this.name = key.name;
    this.vkey = key.vkey;
    this.#url = `${url.replace(/\/$/, '')}/add-checkpoint`;
    this.#key = key;
  }

  async submit({ oldSize, proof, head }: WitnessRequest, signal: AbortSignal): Promise<WitnessAnswer> {
    const hashes = proof.map((node) => `${node.toString('base64')}\n`).join('');
    const { status, text } = await this.#post(`old ${oldSize}\n${hashes}\n${head.note}`, signal);
    const said = `${this.name} answered ${status}${status === 200 ? '' : ` ${JSON.stringify(text.trim().slice(0, 200))}`}`;
    if (status === 422) return { answer: 'contradicts', message: said };
    if (status === 409) return this.#known(text, oldSize, said);
    if (status === 200) return this.#cosigned(text, head.note);
    throw new WitnessFault(status >= 500 || status === 429 ? 'away' : 'refused', said);
  }

  /** C2SP answers so too where it cosigned another root of the same size. */
  #known(text: string, oldSize: bigint, said: string): WitnessAnswer {
    const [, size] = sizePattern.exec(text) ?? [];
    if (size === undefined) throw new WitnessFault('refused', `${said}, which is no size`);
    return BigInt(size) === oldSize ? { answer: 'contradicts', message: said } : { answer: 'knows', size: BigInt(size) };
  }

  #cosigned(text: string, note: string): WitnessAnswer {
    const cosignature = cosignatureIn(text, note.slice(0, note.lastIndexOf('\n\n') + 1), this.#key);
    if (cosignature === undefined) throw new WitnessFault('refused', `${this.name} sent no cosignature of ${this.vkey} on the head`);
    return { answer: 'cosigned', cosignature };
  }

  async #post(body: string, signal: AbortSignal): Promise<{ readonly status: number; readonly text: string }> {
    try {
      const headers = { 'content-type': 'text/plain; charset=utf-8' };
      const response = await fetch(this.#url, { method: 'POST', body, headers, signal, redirect: 'error' });
      return { status: response.status, text: await textOf(response) };
    } catch (error) {
      throw new WitnessFault('away', `${this.name} was not reached: ${reasonOf(error)}`, { cause: error });
    }
  }
}

/** Throws for an answer without an end: nobody may fill our memory. */
async function textOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > answerBytesMax) throw new Error(`it sent more than ${answerBytesMax} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** `fetch` hides what happened behind "fetch failed". */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message : message;
}
