/**
 * The machine does not let an engine run, and the user can mend it: the message says in one sentence what is wrong and what to do.
 * The command line prints it without a stack.
 */
export class EngineFault extends Error {
  override readonly name = 'EngineFault';
}

/** The system's errors about a path as faults that say what to do; anything else comes back as it is. */
export function explainPathError(error: unknown, path: string): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return noSpace(path);
    case 'EACCES':
    case 'EPERM':
      return new EngineFault(
        `The data folder ${path} cannot be read and written by this user; make it yours (chown -R) or choose another with --data <folder>.`,
      );
    case 'EROFS':
      return new EngineFault(`The data folder ${path} lies on a read-only file system; choose another with --data <folder>.`);
    case 'ENOTDIR':
    case 'EEXIST':
      return new EngineFault(`The data folder ${path} cannot be made because a file is in the way; choose another with --data <folder>.`);
    default:
      return error;
  }
}

export function noSpace(path: string): EngineFault {
  return new EngineFault(
    `No space is left on the disk of ${path}; free some or move the folder to another disk and name it with --data <folder>.`,
  );
}
