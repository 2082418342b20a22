/**
 * Compiles the deployed contracts for Slither: node compile.js <folder>. Writes a build-info as Hardhat 2 and Foundry have it, with the sources
 * under their paths in the checkout. Slither reads syntax trees and no code, so none is generated, which takes a second and not minutes.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const solc = createRequire(join(root, 'package.json'))('solc');
const sources = readdirSync(join(root, 'contracts')).filter((file) => file.endsWith('.sol'));

const input = {
  language: 'Solidity',
  sources: Object.fromEntries(sources.map((file) => [`contracts/${file}`, { content: read(join(root, 'contracts', file)) }])),
  settings: {
    evmVersion: 'cancun',
    remappings: ['@openzeppelin/=node_modules/@openzeppelin/'], // Slither wants to find the file of every source.
    outputSelection: { '*': { '': ['ast'], '*': ['abi', 'evm.methodIdentifiers', 'userdoc', 'devdoc'] } },
  },
};
const output = JSON.parse(solc.compile(JSON.stringify(input), { import: imported }));
const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error');
if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join('\n'));

for (const contract of Object.values(output.contracts).flatMap((file) => Object.values(file))) {
  const none = { object: '', sourceMap: '', linkReferences: {} };
  contract.evm = { ...contract.evm, bytecode: none, deployedBytecode: none };
}
const folder = join(process.argv[2], 'build-info');
mkdirSync(folder, { recursive: true });
const version = /^[0-9.]+/.exec(solc.version())[0];
writeFileSync(join(folder, 'contracts.json'), JSON.stringify({ solcVersion: version, input, output }));

function imported(path) {
  return existsSync(join(root, path)) ? { contents: read(join(root, path)) } : { error: `${path} is not there.` };
}

function read(path) {
  return readFileSync(path, 'utf8');
}
