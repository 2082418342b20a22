const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const parentPollMs = 500;

/** Tells when this process has been asked to stop. */
export interface StopRequest {
  readonly requested: boolean;
  /** Resolves at the first request. Later ones change nothing: they cannot interrupt the stopping. */
  readonly whenRequested: Promise<void>;
}

/**
 * Listens for Ctrl-C and its like, and watches the starter, if one started us (it leaves its pid in TALLYROOT_PARENT): when it is killed
 * nobody could stop us from the terminal any more, and a second start would find the data folder taken.
 */
export function listenForStop(): StopRequest {
  const stop = { requested: false, whenRequested: Promise.resolve() };
  stop.whenRequested = new Promise((resolve) => {
    const request = (): void => {
      stop.requested = true;
      resolve();
    };
    for (const signal of stopSignals) process.on(signal, request);
    const starter = Number(process.env['TALLYROOT_PARENT']);
    if (starter > 0) setInterval(() => (process.ppid === starter ? undefined : request()), parentPollMs).unref();
  });
  return stop;
}
