/** Something outside is wrong (no network, no disk, no package for this platform). The message says in one sentence what to do. */
export class StarterFault extends Error {
  name = 'StarterFault';
}

/** Progress goes to stderr, so that what a command prints can be piped. */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** Prints a fault in one line, a defect with its stack; answers the exit code. */
export function fail(error) {
  say(error instanceof StarterFault ? `tallyroot: ${error.message}` : String(error?.stack ?? error));
  return 1;
}

/** The system's errors that a user can mend, as what to do about them; others are passed on as they are. */
export function explain(error, path) {
  const advice = {
    ENOSPC: `no space is left on the disk of ${path}; free 1 GB and start again.`,
    EACCES: `${path} cannot be written by this user; make the checkout yours (chown) or clone it again as this user.`,
    EPERM: `${path} cannot be written by this user; make the checkout yours (chown) or clone it again as this user.`,
    EROFS: `${path} lies on a read-only file system; clone the project where it can be written.`,
  }[error?.code];
  return advice === undefined ? error : new StarterFault(advice);
}
