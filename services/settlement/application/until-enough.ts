/**
 * Waits until all have settled, or else until it is enough and those that are left were given a moment more: who is slow keeps nobody waiting. Throws
 * what is thrown by one that was waited for.
 */
export async function untilEnough(asked: readonly Promise<void>[], isEnough: () => boolean, momentMs: number): Promise<void> {
  const open = new Set(asked);
  for (const each of asked) {
    const settled = () => void open.delete(each);
    each.then(settled, settled);
  }
  while (open.size > 0 && !isEnough()) await Promise.race(open);
  if (open.size > 0) await Promise.race([Promise.all(open), moment(momentMs)]);
}

/** Keeps no process alive. */
export function moment(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, ms).unref();
  return promise;
}
