import { hash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { applied, type Edit, type Node, walk } from '../mutation/source-edits.ts';
import type { Compiled } from '../support/compiled.ts';

/** A place of a contract that tells by its tag that it was executed. */
export interface Mark {
  readonly tag: string;
  /** From 1. */
  readonly line: number;
}

export interface Marks {
  readonly statements: readonly Mark[];
  /** Two for each condition of an `if` or of a choice: one that it held, one that it did not. */
  readonly branches: readonly Mark[];
}

interface Output {
  readonly sources: Readonly<Record<string, { readonly ast: Node }>>;
  readonly contracts: Readonly<Record<string, Readonly<Record<string, CompilerOutput>>>>;
}

interface CompilerOutput {
  readonly abi: object[];
  readonly evm: Readonly<Record<'bytecode' | 'deployedBytecode', { readonly object: string }>>;
}

interface Edr {
  readonly addStatementCoverageInstrumentation: (source: string, name: string, version: string) => { source: string; metadata: Metadata[] };
  readonly latestSupportedSolidityVersion: () => string;
}

interface Metadata {
  readonly kind: string;
  readonly tag: Uint8Array;
  readonly startUtf16: number;
  readonly endUtf16: number;
}

const root = join(import.meta.dirname, '..', '..');
const load = createRequire(import.meta.url);
const solc = load('solc') as { compile: (input: string, callbacks: { import: (path: string) => object }) => string };
/** Hardhat's own: what marks a statement and the chain that sees the mark come from one package. */
const ofHardhat = createRequire(load.resolve('hardhat/package.json'));
const edr = ofHardhat('@nomicfoundation/edr') as Edr;
const { getCoverageLibrary } = ofHardhat('@nomicfoundation/edr/coverage') as {
  getCoverageLibrary: () => { filename: string; content: string };
};
const library = getCoverageLibrary();
const choices = 'Choices.sol';
const given: Record<string, string> = {
  [library.filename]: library.content,
  [choices]: `// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;
import "${library.filename}";
function chosen(bool isTrue, uint256 choice) pure returns (bool) {
    __NomicFoundationCoverage.sendHit(2 * choice + (isTrue ? 1 : 0));
    return isTrue;
}
`,
};

/** Every contract and library, but not those that only tests deploy, by their paths in the project. */
const measured = solidityIn('contracts').filter((path) => !/\/interfaces\/|\/types\/|\/I[A-Z]\w+\.sol$/.test(path));

/** Of all that is compiled from `contracts`, so that no figure outlives the code that it is about. */
export function hashOfContracts(): string {
  const texts = solidityIn('contracts').map((path) => `${path}\n${readFileSync(join(root, path), 'utf8')}`);
  return hash('sha256', texts.join('\n'), 'hex');
}

/** The contracts with marks, by their paths, and the code of a contract by its source and its name. */
export function instrument(): { marks: Readonly<Record<string, Marks>>; compiled: (source: string, contract: string) => Compiled } {
  const { sources } = compile(measured, { '*': { '': ['ast'] } });
  const marks: Record<string, Marks> = {};
  for (const path of measured) {
    const marked = withChoices(
      path,
      sources[path]!.ast,
      Object.values(marks).reduce((sum, { branches }) => sum + branches.length / 2, 0),
    );
    const { source, metadata } = edr.addStatementCoverageInstrumentation(marked.text, path, edr.latestSupportedSolidityVersion());
    given[path] = source;
    const statements = metadata.filter(({ kind }) => kind === 'statement').map((one) => markOf(one, marked.text));
    marks[path] = { statements, branches: marked.branches };
  }
  const { contracts } = compile([...measured, ...solidityIn('test/solidity')], {
    '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] },
  });
  const compiled = (source: string, contract: string): Compiled => {
    const { abi, evm } = contracts[source]![contract]!;
    return { abi, bytecode: `0x${evm.bytecode.object}`, deployedBytecode: `0x${evm.deployedBytecode.object}` };
  };
  return { marks, compiled };
}

/** Each condition tells how it came out. No line begins elsewhere than before. */
function withChoices(path: string, ast: Node, first: number): { text: string; branches: readonly Mark[] } {
  const source = Buffer.from(textOf(path));
  const edits: Edit[] = [];
  const branches: Mark[] = [];
  walk(ast, (node) => {
    if (node.nodeType !== 'IfStatement' && node.nodeType !== 'Conditional') return;
    const [from, length] = (node['condition'] as Node).src.split(':').map(Number) as [number, number];
    const choice = first + edits.length;
    edits.push({ from, to: from + length, text: (condition) => `chosen(${condition}, ${choice})` });
    const line = source.subarray(0, from).toString().split('\n').length;
    for (const side of [0, 1]) branches.push({ tag: (2 * choice + side).toString(16).padStart(64, '0'), line });
  });
  if (edits.length === 0) return { text: source.toString(), branches };
  return { text: applied(source, edits).replace(/^(pragma .*;)$/m, `$1 import {chosen} from "${choices}";`), branches };
}

/** A statement begins, for Hardhat, with the blanks before it. */
function markOf({ tag, startUtf16, endUtf16 }: Metadata, text: string): Mark {
  const blanks = /^\s*/.exec(text.slice(startUtf16, endUtf16))![0].length;
  return { tag: Buffer.from(tag).toString('hex'), line: text.slice(0, startUtf16 + blanks).split('\n').length };
}

/** What came out is kept beside what Hardhat keeps, since it takes a minute. */
function compile(paths: readonly string[], outputSelection: object): Output {
  const settings = { viaIR: true, evmVersion: 'cancun', optimizer: { enabled: true, runs: 1 }, outputSelection };
  const sources = Object.fromEntries(paths.map((path) => [path, { content: textOf(path) }]));
  const input = JSON.stringify({ language: 'Solidity', sources, settings });
  const kept = join(root, 'cache', `coverage-${hash('sha256', input, 'hex').slice(0, 16)}.json`);
  if (existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8')) as Output;
  const text = solc.compile(input, { import: (path: string) => ({ contents: textOf(path) }) });
  const output = JSON.parse(text) as Output & { errors?: { severity: string; formattedMessage: string }[] };
  const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join('\n'));
  mkdirSync(join(root, 'cache'), { recursive: true });
  writeFileSync(kept, text);
  return output;
}

function textOf(path: string): string {
  return given[path] ?? readFileSync(join(root, path.startsWith('@') ? join('node_modules', path) : path), 'utf8');
}

function solidityIn(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.sol'))
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
    .toSorted();
}
