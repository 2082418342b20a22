import { beforeAll, describe, expect, it } from '@jest/globals';
import { keccak256 } from 'ethers';
import { ledgerAnchorAbi, ledgerAnchorBytecode, ledgerAnchorCodeHash } from '../../../contracts/generated/ledger-anchor.ts';
import { compile, type Compiled, compiled } from '../../support/compiled.ts';

let ledgerAnchor: Compiled;
beforeAll(async () => {
  await compile();
  ledgerAnchor = await compiled('contracts/LedgerAnchor.sol', 'LedgerAnchor');
}, 120_000);

describe('contracts/generated', () => {
  it('is what the compiler makes of the sources', () => {
    expect(ledgerAnchorAbi).toEqual(ledgerAnchor.abi);
    expect(ledgerAnchorBytecode).toBe(ledgerAnchor.bytecode);
    expect(ledgerAnchorCodeHash).toBe(keccak256(ledgerAnchor.deployedBytecode));
  });
});
