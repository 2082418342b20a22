import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readSettings } from '../../../services/main/settings.ts';

const contract = `0x${'Ab'.repeat(20)}`;
const chain = { rpcUrl: 'https://user:hunter2@node.example/key', chainId: '1', contract };

function read(content: unknown) {
  const file = join(mkdtempSync(join(tmpdir(), 'tallyroot-chains-')), 'chains.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return readSettings([], { ANCHOR_CHAINS: file }).otherChains;
}

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('Nothing was refused.');
}

describe('the file of chains', () => {
  it('names each chain with its node, contract, pace and publisher', () => {
    const full = { fromBlock: '7', everySeconds: 86_400, everyEvents: 1_000_000, publisherKeyFile: '/keys/{slug}.key' };
    expect(read([{ ...chain, ...full, codeHash: `0x${'1'.repeat(64)}`, heartbeatSeconds: 200_000, feePerGasMax: '50000000000' }])).toEqual([
      {
        rpcUrl: chain.rpcUrl,
        contract: { address: contract.toLowerCase(), chainId: '1', fromBlock: '7', codeHash: `0x${'1'.repeat(64)}` },
        cadence: { secondsMax: 86_400, eventsMax: 1_000_000 },
        publisherFile: '/keys/{slug}.key',
        heartbeatSeconds: 200_000,
        feePerGasMax: 50_000_000_000n,
      },
    ]);
    expect(read([])).toEqual([]);
  });

  it('promises no shorter silence for a chain than its pace can keep', () => {
    expect(read([{ ...chain, everySeconds: 86_400 }])).toMatchObject([{ heartbeatSeconds: 172_800 }]);
    expect(read([{ ...chain, everySeconds: 60 }])[0]).not.toHaveProperty('heartbeatSeconds');
  });

  it.each([
    ['{', 'cannot be read as JSON'],
    [{}, 'holds no list of chains'],
    [['https://node.example'], 'Chain 1 in .* is no object'],
    [[{ ...chain, everyMinutes: 1 }], 'has a field "everyMinutes" that means nothing'],
    [[chain, { ...chain, chainId: 2 }], 'Chain 2 in .*: chainId takes the number of the chain, as text'],
    [[{ ...chain, rpcUrl: 'node.example' }], 'rpcUrl takes an address'],
    [[{ ...chain, contract: '0x12' }], 'contract takes the address'],
    [[{ ...chain, everySeconds: 0 }], 'everySeconds takes a whole number above 0'],
    [[{ ...chain, publisherKeyFile: 'publisher.key' }], 'publisherKeyFile takes an absolute path'],
    [[{ ...chain, feePerGasMax: 50 }], 'feePerGasMax takes wei per unit of gas, as text'],
    [[chain, { ...chain, contract: contract.toLowerCase() }], 'names a contract twice'],
  ])('is refused as %j, without repeating a password', (content, message) => {
    expect(messageOf(() => read(content))).toMatch(new RegExp(message));
    expect(messageOf(() => read(content))).not.toContain('hunter2');
  });

  it('is refused when it is not there', () => {
    expect(() => readSettings([], { ANCHOR_CHAINS: '/nowhere/chains.json' })).toThrow('ANCHOR_CHAINS names /nowhere/chains.json');
  });
});
