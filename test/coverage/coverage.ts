import type { Mark, Marks } from './instrumented.ts';

/** Percent that are covered at least. */
export const goals = { lines: 98, statements: 98, branches: 100 } as const;

export type Kind = keyof typeof goals;

export interface Share {
  readonly covered: number;
  readonly of: number;
  readonly percent: number;
}

export type Shares = Readonly<Record<Kind, Share>>;

export interface Coverage extends Shares {
  /** Number and text of each line of which a test misses a statement or a side of a condition. */
  readonly missed: readonly string[];
}

/** A line is covered if every statement that begins on it was executed. */
export function covered(source: string, { statements, branches }: Marks, executed: ReadonlySet<string>): Coverage {
  const isExecuted = ({ tag }: Mark) => executed.has(tag);
  const missedLines = new Set(statements.filter((mark) => !isExecuted(mark)).map(({ line }) => line));
  const lines = new Set(statements.map(({ line }) => line));
  const missed = new Set([...missedLines, ...branches.filter((mark) => !isExecuted(mark)).map(({ line }) => line)]);
  const texts = source.split('\n');
  return {
    lines: share(lines.size - missedLines.size, lines.size),
    statements: share(statements.filter(isExecuted).length, statements.length),
    branches: share(branches.filter(isExecuted).length, branches.length),
    missed: [...missed].toSorted((one, other) => one - other).map((line) => `${line} ${texts[line - 1]!.trim()}`),
  };
}

/** Of several files together. */
export function summed(files: readonly Shares[]): Shares {
  const sum = (kind: Kind) =>
    share(
      files.reduce((all, file) => all + file[kind].covered, 0),
      files.reduce((all, file) => all + file[kind].of, 0),
    );
  return { lines: sum('lines'), statements: sum('statements'), branches: sum('branches') };
}

/** Of nothing, everything is covered. Rounded down to hundredths. */
function share(amount: number, of: number): Share {
  return { covered: amount, of, percent: of === 0 ? 100 : Math.floor((amount * 10_000) / of) / 100 };
}
