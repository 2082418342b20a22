import { readFileSync } from 'node:fs';

const pollMs = 500;

/**
 * Calls back once when the process that started us is gone: another part of the starter (it leaves its pid in TALLYROOT_PARENT), or
 * npm, which can be killed without passing anything on. A shell of the user's that started us may go its way: that is how a service is
 * left running.
 */
export function whenOrphaned(callback) {
  const parent = process.ppid;
  const startedByStarter = process.env.TALLYROOT_PARENT === String(parent);
  const startedByNpm = !startedByStarter && process.env.npm_lifecycle_event !== undefined;
  if (!startedByStarter && !startedByNpm) return () => {};
  const grandparent = startedByNpm ? npmAbove(parent) : undefined;
  const timer = setInterval(() => {
    if (process.ppid === parent && (grandparent === undefined || parentOf(parent) === grandparent)) return;
    clearInterval(timer);
    callback();
  }, pollMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** npm runs a script in a shell; some shells stay in between, others make room for the last command. Only Linux tells. */
function npmAbove(parent) {
  try {
    return /^(npm|node)/.test(readFileSync(`/proc/${parent}/comm`, 'utf8')) ? undefined : parentOf(parent);
  } catch {
    return undefined;
  }
}

function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
