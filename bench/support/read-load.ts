/** Events per second of one walk; throws unless it finds as many as there have to be. */
export async function measureRead(log: AsyncIterable<unknown>, count: number): Promise<number> {
  const began = performance.now();
  let seen = 0;
  for await (const _ of log) seen++;
  if (seen < count) throw new Error(`${seen} events were read, not ${count}.`);
  return (seen * 1000) / (performance.now() - began);
}
