import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { applied, type Edit, type Node, walk } from './source-edits.ts';

/** A place of a source that is changed while its mutant is alive, and what the tests then have to notice. */
export interface Mutant {
  /** File, function, change and text; the same wherever the code moves. */
  readonly id: string;
  readonly file: string;
  /** The error that the changed condition guards, if it guards one. */
  readonly error: string | undefined;
}

export interface Mutated {
  readonly mutants: readonly Mutant[];
  /** All sources, with every mutant in them, by their paths. */
  readonly sources: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, '..', '..');
const settlement = ['PpvEscrow', 'PrepaidCredit', 'PrepaidCreditFactory', 'ProviderRegistry', 'ProviderSettlement'];
const solc = createRequire(import.meta.url)('solc') as {
  compile: (input: string, callbacks: { import: (path: string) => object }) => string;
};
/** A mutant is alive while this account has as many wei as its number says: any code of any contract can look. */
export const switchboard = `0x${'6d7574616e'.padStart(40, '0')}`;
const alive = 'MutantAlive.sol';
const aliveSource = `// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;
function isAlive(uint256 mutant) view returns (bool) { return address(uint160(0x6d7574616e)).balance == mutant; }
`;

/** Every condition forced to each of its sides, and every write to storage left out, all in one text. */
export function mutate(): Mutated {
  const output = compileMutants({}, { '*': { '': ['ast'] } }) as { sources: Record<string, { ast: Node }> };
  const mutants: Mutant[] = [];
  const sources: Record<string, string> = {};
  const stateVariables = new Set<number>();
  for (const { ast } of Object.values(output.sources))
    walk(ast, (node) => {
      if (node['stateVariable'] === true) stateVariables.add(node['id'] as number);
    });
  for (const [file, { ast }] of Object.entries(output.sources).toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    if (!file.startsWith('contracts/') || /LedgerAnchor|MerkleTree|interfaces|types/.test(file)) continue;
    sources[file] = withMutants(file, ast, stateVariables, mutants);
  }
  return { mutants, sources };
}

/** Creation code of each contract with every mutant in it; kept beside what Hardhat keeps, since it takes minutes. */
export function codeOf(sources: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const kept = join(root, 'cache', `mutants-${createHash('sha256').update(JSON.stringify(sources)).digest('hex').slice(0, 16)}.json`);
  if (existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8')) as Record<string, string>;
  const { contracts } = compileMutants(sources, { '*': { '*': ['evm.bytecode.object'] } }) as {
    contracts: Record<string, Record<string, { evm: { bytecode: { object: string } } }>>;
  };
  const code = Object.fromEntries(
    settlement.map((name) => [name, `0x${contracts[`contracts/${name}.sol`]?.[name]?.evm.bytecode.object ?? ''}`]),
  );
  mkdirSync(join(root, 'cache'), { recursive: true });
  writeFileSync(kept, JSON.stringify(code));
  return code;
}

/** What solc makes of the contracts, with the sources given in place of those on disk. */
function compileMutants(sources: Readonly<Record<string, string>>, outputSelection: object): unknown {
  const given: Readonly<Record<string, string>> = { ...sources, [alive]: aliveSource };
  const contents = (path: string) => ({ content: given[path] ?? readFileSync(join(root, path), 'utf8') });
  const names = Object.fromEntries(settlement.map((name) => [`contracts/${name}.sol`, contents(`contracts/${name}.sol`)]));
  const settings = { viaIR: true, evmVersion: 'cancun', optimizer: { enabled: true, runs: 1 }, outputSelection };
  const input = JSON.stringify({ language: 'Solidity', sources: names, settings });
  const found = (path: string) => ({ contents: contents(path.startsWith('@') ? join('node_modules', path) : path).content });
  const output = JSON.parse(solc.compile(input, { import: found })) as { errors?: { severity: string; formattedMessage: string }[] };
  const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join('\n'));
  return output;
}

function withMutants(file: string, ast: Node, stateVariables: ReadonlySet<number>, mutants: Mutant[]): string {
  const source = readFileSync(join(root, file));
  const textOf = ({ src }: Node) => {
    const [from, length] = src.split(':').map(Number) as [number, number];
    return source.subarray(from, from + length).toString();
  };
  const edits: Edit[] = [];
  const edit = (node: Node, text: Edit['text'], after = 0) => {
    const [from, length] = node.src.split(':').map(Number) as [number, number];
    edits.push({ from, to: from + length + after, text });
  };
  const add = (where: string, change: string, node: Node, error?: string) => {
    const id = `${relative('contracts', file)} ${where} ${change}: ${textOf(node).replaceAll(/\s+/g, ' ')}`;
    const same = mutants.filter((one) => one.id === id || one.id.startsWith(`${id} (`)).length;
    mutants.push({ id: same === 0 ? id : `${id} (${same + 1})`, file, error });
    return mutants.length;
  };
  walk(ast, (definition) => {
    if (definition.nodeType !== 'FunctionDefinition' && definition.nodeType !== 'ModifierDefinition') return;
    if (definition['kind'] === 'constructor' || definition['kind'] === 'freeFunction') return;
    const name = definition['name'] as string;
    if (definition['stateMutability'] === 'pure') edit(definition, (text) => text.replace(/\bpure\b/, 'view'));
    walk(definition, (node) => {
      const isIf = node.nodeType === 'IfStatement';
      if (isIf || node.nodeType === 'Conditional') {
        const condition = node['condition'] as Node;
        const error = isIf ? /^\W*revert (\w+)/.exec(textOf(node['trueBody'] as Node))?.[1] : undefined;
        const [always, never] = [add(name, 'always', condition, error), add(name, 'never', condition, error)];
        edit(condition, (text) => `(isAlive(${always}) || (!isAlive(${never}) && (${text})))`);
      }
      if (node.nodeType === 'ExpressionStatement' && isWrite(node['expression'] as Node, stateVariables)) {
        const number = add(name, 'without', node);
        edit(node, (text) => `{ if (!isAlive(${number})) { ${text} } }`, 1); // With its semicolon.
      }
    });
  });
  if (edits.length === 0) return source.toString();
  return applied(source, edits).replace(/^(pragma .*;)$/m, `$1\nimport {isAlive} from "${alive}";`);
}

function isWrite(expression: Node, stateVariables: ReadonlySet<number>): boolean {
  const isDelete = expression.nodeType === 'UnaryOperation' && expression['operator'] === 'delete';
  if (expression.nodeType !== 'Assignment' && !isDelete) return false;
  let target = (expression['leftHandSide'] ?? expression['subExpression']) as Node | undefined;
  for (; target !== undefined; target = (target['expression'] ?? target['baseExpression']) as Node | undefined) {
    const { typeString } = target['typeDescriptions'] as { typeString: string };
    if (/\bstorage\b|^mapping/.test(typeString) && target.nodeType !== 'Identifier') return true;
    if (target.nodeType === 'Identifier')
      return /\bstorage pointer$|^mapping/.test(typeString)
        ? target !== expression['leftHandSide']
        : stateVariables.has(target['referencedDeclaration'] as number);
  }
  return false;
}

/** The test files that know the settlement contracts. */
export const testFiles: readonly string[] = [
  ...['credit', 'escrow', 'hand-over', 'hostile-contracts', 'keys-and-pauses', 'mandates', 'odd-tokens', 'payments', 'refunds', 'registry'],
  ...['relayed', 'signatures', 'slots'],
];
