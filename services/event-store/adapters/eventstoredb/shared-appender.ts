import { Appender, type AppenderSettings } from './appender.ts';

interface Shared {
  readonly appender: Appender;
  users: number;
}

/** By URL. */
const appenders = new Map<string, Shared>();

export interface LentAppender {
  readonly appender: Appender;
  /** The last one that gives it back closes it. */
  giveBack(): Promise<void>;
}

/**
 * The one appending client of this process for a server (D1: the client's table of pending appends is one for the process, and a fault of
 * one client rejects what landed through another). The first that opens it says with which settings.
 */
export function sharedAppender(url: string, settings: AppenderSettings): LentAppender {
  let shared = appenders.get(url);
  if (shared === undefined) {
    shared = { appender: new Appender(url, settings), users: 0 };
    appenders.set(url, shared);
  }
  const lent = shared;
  lent.users++;
  const giveBack = async () => {
    if (--lent.users > 0) return;
    appenders.delete(url);
    await lent.appender.close();
  };
  return { appender: lent.appender, giveBack };
}
