import { hash } from 'node:crypto';
import { verifyConsistency } from '../merkle.ts';
import { bearsSignatureOf } from '../note/signed-note.ts';
import type { SignedHead } from '../note/tree-head.ts';
import type { NoteKey } from '../note/vkey.ts';
import { cosign, type WitnessKey } from '../note/witness-key.ts';
import { type CheckpointRequest, parseCheckpointRequest } from './checkpoint-request.ts';

export interface WitnessOptions {
  readonly key: WitnessKey;
  /** Keys of the logs that are witnessed; their name is the log's origin, and a log may have several. */
  readonly logKeys: readonly NoteKey[];
  readonly memory: WitnessMemory;
  /** Told of a head that a key of the log signed and that does not extend the one that is known. */
  readonly onRefused?: (refused: RefusedHead) => void;
  readonly now?: () => Date;
}

/** Remembers the last head that was cosigned, by origin. */
export interface WitnessMemory {
  get(origin: string): SignedHead | undefined;
  /** Durable when it returns; throws when it may not be. */
  set(head: SignedHead): void;
}

export interface RefusedHead {
  readonly head: SignedHead;
  /** The one that was cosigned last. */
  readonly known: SignedHead | undefined;
  readonly reason: string;
}

/** An answer of HTTP. */
export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly contentType: string;
  readonly body: string;
}

const plain = 'text/plain; charset=utf-8';
/** C2SP's type of the answer to a client that does not know what the witness knows. */
const sizeType = 'text/x.tlog.size';
const emptyRoot = hash('sha256', '', 'hex');

/**
 * Cosigns heads of the logs that it knows, each only if it extends the one before. Everything from the look at the memory to the durable
 * write happens in one go, without anything else of this process in between: two requests at a time never meet the same memory.
 */
export class Witness {
  readonly #options: WitnessOptions;

  constructor(options: WitnessOptions) {
    this.#options = options;
  }

  addCheckpoint(body: Buffer): WitnessAnswer {
    const request = parseCheckpointRequest(body);
    if (request === undefined) return refusal(400, 'This is no request of C2SP tlog-witness.');
    const { head, oldSize } = request;
    const keys = this.#options.logKeys.filter(({ name }) => name === head.origin);
    if (keys.length === 0) return refusal(404, 'This witness does not know the log.');
    if (!keys.some((key) => bearsSignatureOf(head.note, key))) return refusal(403, 'No key of the log signed the checkpoint.');
    if (oldSize > head.size) return refusal(400, 'The old size is above the size of the checkpoint.');
    const known = this.#options.memory.get(head.origin);
    const knownSize = known?.size ?? 0n;
    if (oldSize !== knownSize) return { status: 409, contentType: sizeType, body: `${knownSize}\n` };
    const reason = whyInconsistent(request, known);
    if (reason !== undefined) {
      this.#options.onRefused?.({ head, known, reason });
      return refusal(422, reason);
    }
    return this.#cosign(head, known);
  }

  /** The last head that was cosigned, for whoever wants to compare it; by SHA-256 of its origin in hex. */
  checkpoint(originHash: string): Buffer | undefined {
    const key = this.#options.logKeys.find(({ name }) => hash('sha256', name, 'hex') === originHash);
    return key && this.#options.memory.get(key.name)?.note.bytes;
  }

  #cosign(head: SignedHead, known: SignedHead | undefined): WitnessAnswer {
    const { key, memory, now = () => new Date() } = this.#options;
    if (known?.size !== head.size) memory.set(head);
    return { status: 200, contentType: plain, body: cosign(key, head.note.text, now()) };
  }
}

/** Undefined if the head extends what is known. */
function whyInconsistent({ head, oldSize, proof }: CheckpointRequest, known: SignedHead | undefined): string | undefined {
  const { size, root } = head;
  if (size === 0n && root !== emptyRoot) return 'The root is not that of a tree without leaves.';
  if (oldSize === 0n || known === undefined)
    return proof.length === 0 ? undefined : 'A tree without leaves has an empty consistency proof.';
  if (size === oldSize && root !== known.root) return `This witness cosigned another root of ${size} leaves.`;
  const [root1, root2] = [Buffer.from(known.root, 'hex'), Buffer.from(root, 'hex')];
  const isConsistent = verifyConsistency({ size1: oldSize, size2: size, root1, root2, proof });
  return isConsistent ? undefined : `The proof does not lead from the ${oldSize} leaves that this witness cosigned.`;
}

function refusal(status: WitnessAnswer['status'], message: string): WitnessAnswer {
  return { status, contentType: plain, body: `${message}\n` };
}
