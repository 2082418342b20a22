import type { Http2Stream } from 'node:http2';

/**
 * What no public part of @grpc/grpc-js offers: ending a call by RST_STREAM, and breaking its connection. The field names belong to the
 * pinned version; a test fails at once when they change.
 */
interface CallInside {
  readonly call: { readonly stream: Http2Stream };
}

/** RST_STREAM with a code of HTTP/2. 0, NO_ERROR, is what the observed server sends to streams that outlive its shutdown. */
export function resetCall(call: object, code: number): void {
  streamOf(call).close(code);
}

/** The peer sees ECONNRESET, as from a process that was killed. */
export function disconnectCall(call: object, destroy: (localPort: number) => void): void {
  const port = streamOf(call).session?.socket.remotePort;
  if (port !== undefined) destroy(port);
}

function streamOf(call: object): Http2Stream {
  return (call as CallInside).call.stream;
}
