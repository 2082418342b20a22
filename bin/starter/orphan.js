const pollMs = 500;

/**
 * Calls back once when the process that started us is gone: another part of the starter (it leaves its pid in TALLYROOT_PARENT), or
 * npm, which can be killed without passing anything on. A shell that started us may go its way: that is how a service is left running.
 */
export function whenOrphaned(callback) {
  const parent = process.ppid;
  const watched = process.env.TALLYROOT_PARENT === String(parent) || process.env.npm_lifecycle_event !== undefined;
  if (!watched) return () => {};
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, pollMs);
  timer.unref();
  return () => clearInterval(timer);
}
