/** Runs with this process's clock turned by so many milliseconds. Timers run on as they do when an operator sets a clock. */
export async function withClientClock<T>(skewMs: number, run: () => Promise<T>): Promise<T> {
  const RealDate = Date;
  class SkewedDate extends RealDate {
    constructor(...parts: [] | [string | number | Date]) {
      if (parts.length === 0) super(RealDate.now() + skewMs);
      else super(...parts);
    }

    static override now(): number {
      return RealDate.now() + skewMs;
    }
  }
  globalThis.Date = SkewedDate as DateConstructor;
  try {
    return await run();
  } finally {
    globalThis.Date = RealDate;
  }
}
