import { execFileSync } from 'node:child_process';
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';

/** One measured figure. */
export interface Figure {
  /** The bench's name, with a suffix after a dot for a variant: `event-store.postgres.64x1`. */
  readonly name: string;
  readonly figure: number;
  /** For example `events/s`, `ms`, `gas`. */
  readonly unit: string;
  /** Latencies in milliseconds. */
  readonly p50?: number;
  readonly p99?: number;
  /** The limit measured in the same run; for gas the budget. */
  readonly baseline?: number;
}

/** What a bench gets: `bench/<name>.bench.ts` exports `run(context: BenchContext): Promise<void>`. */
export interface BenchContext {
  readonly report: (figure: Figure) => void;
  /** What follows the bench's name on the command line, without `--json`. */
  readonly options: readonly string[];
}

interface Surroundings {
  /** Median of a write of 8 KiB with fsync: what a durable commit costs at least. */
  readonly fsyncUs: number;
  readonly machine: string;
  readonly commit: string;
}

/** The value below which the given share of the samples lies, for example 0.99. NaN without samples. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function surroundings(): Surroundings {
  const processors = cpus();
  return {
    fsyncUs: measureFsync(),
    machine: `${processors.length} x ${processors[0]?.model.trim() ?? 'unknown'}`,
    commit: currentCommit(),
  };
}

/** One JSON object, with every key on every line so that a table of many runs lines up. */
export function jsonLine({ name, figure, unit, p50, p99, baseline }: Figure, { fsyncUs, machine, commit }: Surroundings): string {
  const ratio = baseline === undefined ? null : rounded(figure / baseline);
  const latencies = { p50: p50 === undefined ? null : rounded(p50), p99: p99 === undefined ? null : rounded(p99) };
  const limit = { baseline: baseline === undefined ? null : rounded(baseline), ratio };
  return JSON.stringify({ name, figure: rounded(figure), unit, ...latencies, ...limit, fsyncUs, machine, commit });
}

/** A table for people. */
export function table(figures: readonly Figure[], { fsyncUs, machine, commit }: Surroundings): string {
  const head = ['name', 'figure', 'unit', 'p50 ms', 'p99 ms', 'baseline', 'ratio'];
  const rows = figures.map(({ name, figure, unit, p50, p99, baseline }) => [
    name,
    readable(figure),
    unit,
    readable(p50),
    readable(p99),
    readable(baseline),
    baseline === undefined ? '' : (figure / baseline).toFixed(2),
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const lines = [head, ...rows].map((row) => row.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join('  '));
  return [...lines, `fsync ${fsyncUs} us, ${machine}, commit ${commit}`].join('\n');
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 || column === 2 ? cell.padEnd(width) : cell.padStart(width);
}

function readable(value: number | undefined): string {
  return value === undefined ? '' : rounded(value).toLocaleString('en-US', { maximumFractionDigits: 3 });
}

/** Four significant digits are more than any of these measurements holds; whole numbers stay whole. */
function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}

function measureFsync(): number {
  const folder = mkdtempSync(join(tmpdir(), 'tallyroot-fsync-'));
  const file = openSync(join(folder, 'file'), 'w');
  const page = Buffer.alloc(8192);
  const samples = Array.from({ length: 200 }, () => {
    const began = performance.now();
    writeSync(file, page);
    fsyncSync(file);
    return (performance.now() - began) * 1000;
  });
  closeSync(file);
  rmSync(folder, { recursive: true });
  return Math.round(percentile(samples, 0.5));
}

function currentCommit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: import.meta.dirname, encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return 'unknown'; // An unpacked release has no repository.
  }
}
