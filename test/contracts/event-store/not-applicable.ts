/** What no test can show on an engine, by number, and why. */
export interface Exemptions {
  /** Promises that cannot be tested there at all: the K of the line that a run ends with. */
  readonly notApplicable: Readonly<Record<number, string>>;
  /** Promises that are tested there, but for some of their tests. */
  readonly partly: Readonly<Record<number, string>>;
}

const memory: Exemptions = {
  notApplicable: {
    26: 'There is one copy of the log: nothing is ever replicated.',
    67: 'The log lives and dies with its process; nothing survives a kill.',
  },
  partly: {
    8: 'The repeat after a restart: nothing survives one.',
    21: 'Two processes on one stream: no other process reaches the log.',
    25: 'Kills of the store and of its writers in mid-append: nothing survives them. Lost requests, lost replies and stalls are tested.',
    49: 'Kills of the consuming process: no other process reaches the log. Consumers that stop dead in this process are tested.',
    69: 'There is no older copy that it could be set back to. Another store has another id, which is tested.',
  },
};

const server: Exemptions = {
  notApplicable: {
    26: 'A server known only by its URL cannot be parted from its replicas.',
    67: 'A server known only by its URL cannot be killed.',
    69: 'A server known only by its URL can neither be set back nor be compared with another.',
  },
  partly: {
    8: 'The repeat after a restart: the server cannot be killed.',
    25: 'Kills of the store in mid-append: the server cannot be killed. Kills of its writers, and faults of the network, are tested.',
    43: 'Commits that wait: nothing of the server can be slowed. 50,000 events beside 8 writers are tested.',
    44: 'As for 43.',
    63: "The server's clock cannot be turned.",
    64: "The server's clock cannot be turned; the client's can, in both directions.",
  },
};

const none: Exemptions = { notApplicable: {}, partly: {} };

/** Committed, so that nobody leaves a promise out in silence: a run fails when it tests less than the table says, or more. */
export const exemptions: Readonly<Record<string, Exemptions>> = {
  memory,
  postgres: none,
  'eventstoredb-double': none,
  eventstoredb: server,
};

/** The exemptions of an engine by its name; a real server has its version behind a dash. */
export function exemptionsOf(engine: string): Exemptions {
  const found = exemptions[engine] ?? (/^eventstoredb-\d/.test(engine) ? exemptions['eventstoredb'] : undefined);
  if (found === undefined) throw new Error(`No table says what cannot apply to the engine ${engine}.`);
  return found;
}
