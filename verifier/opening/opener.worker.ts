import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { LeafOpener } from './leaf-opener.ts';
import type { LogToOpen } from './opened-leaf.ts';
import { packLeaves } from './packed-leaves.ts';
import type { BundleMessage, WorkerMessage } from './worker.bundle-opener.ts';

/* The worker of WorkerBundleOpener: for each bundle one message with its leaves. */

const port = parentPort as MessagePort;
const opener = new LeafOpener(workerData as LogToOpen);

port.on('message', ({ start, width, entries, payloads }: BundleMessage) => {
  const leaves = opener.open({ start, width, entries: bufferOver(entries), payloads: payloads && bufferOver(payloads) });
  say({ start, leaves: packLeaves(leaves, entries) }, [entries.buffer]);
});
say('ready');

function say(message: WorkerMessage, moved: ArrayBuffer[] = []): void {
  port.postMessage(message, moved);
}

function bufferOver({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
