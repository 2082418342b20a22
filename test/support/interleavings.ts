/** Two processes, begun and each stopped at its first gate, and what is to be looked at when both have ended. */
export interface Contest {
  readonly runs: readonly [Promise<void>, Promise<void>];
  readonly end: () => Promise<void>;
}

type Begin = (gates: readonly [() => Promise<void>, () => Promise<void>]) => Promise<Contest>;

/**
 * Runs two processes in every order that their steps can have, one contest each; a step goes from one gate to the next. Answers how many
 * orders there were. For processes that never wait for each other.
 */
export async function forEachInterleaving(begin: Begin): Promise<number> {
  let count = 0;
  // Which process went on at each choice; where a choice is left open, the first one does and the second is still to be tried.
  for (let choices: number[] | undefined = []; choices !== undefined; choices = nextChoices(choices)) {
    await play(begin, choices);
    count++;
  }
  return count;
}

/** Plays one contest by the choices that are given, and adds those that it had to make beyond them. */
async function play(begin: Begin, choices: number[]): Promise<void> {
  const players = [new Player(), new Player()] as const;
  const { runs, end } = await begin([players[0].gate, players[1].gate]);
  for (const [at, run] of runs.entries()) players[at as 0 | 1].follow(run);
  for (let at = 0; ;) {
    await Promise.all(players.map((player) => player.rest()));
    const open = players.filter((player) => !player.isOver);
    if (open.length === 0) break;
    // Nothing is to be chosen where one of them has ended.
    if (open.length === 1) open[0]?.step();
    else players[(choices[at++] ??= 0) as 0 | 1].step();
  }
  await Promise.all(runs);
  await end();
}

/** The next way through the tree of choices, depth first; undefined behind the last one. */
function nextChoices(choices: readonly number[]): number[] | undefined {
  const last = choices.lastIndexOf(0);
  return last === -1 ? undefined : [...choices.slice(0, last), 1];
}

/** A process that goes on only when it is told to. */
class Player {
  isOver = false;
  #resting = Promise.withResolvers<void>();
  #goOn = Promise.withResolvers<void>();

  /** The process waits here until its next step. */
  readonly gate = (): Promise<void> => {
    this.#goOn = Promise.withResolvers<void>();
    this.#resting.resolve();
    return this.#goOn.promise;
  };

  follow(run: Promise<void>): void {
    const over = (): void => {
      this.isOver = true;
      this.#resting.resolve();
    };
    run.then(over, over);
  }

  /** Resolves when it stands at a gate or has ended. */
  rest(): Promise<void> {
    return this.#resting.promise;
  }

  step(): void {
    this.#resting = Promise.withResolvers<void>();
    this.#goOn.resolve();
  }
}
