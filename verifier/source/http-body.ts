/** The body of an answer; undefined for one that is larger, however small it was on the way: nothing of it is kept then. */
export async function readBody(answer: Response, bytesMax: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = (answer.body as ReadableStream<Uint8Array> | null)?.getReader();
  for (;;) {
    const { done = true, value } = (await reader?.read()) ?? {};
    if (done || value === undefined) return Buffer.concat(chunks);
    length += value.length;
    if (length > bytesMax) {
      await reader?.cancel();
      return undefined;
    }
    chunks.push(value);
  }
}
