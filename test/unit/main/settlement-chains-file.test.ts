import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readSettings } from '../../../services/main/settings.ts';

const addressOf = (pair: string) => `0x${pair.repeat(20)}`;
const hashOf = (pair: string) => `0x${pair.repeat(32)}`;
const profile = { finality: 'tag', realMoney: false, confirmations: [] };
const chain = {
  chainId: '10',
  rpcUrls: ['https://user:hunter2@node.example/key'],
  contracts: { registry: addressOf('Ab'), settlement: addressOf('cd') },
  deploymentBlock: '1200000',
  tokens: [{ address: addressOf('Ef'), currency: 'USDC', decimals: 6 }],
  profile,
};
const three = ['https://a.example', 'https://b.example', 'https://c.example'];
const real = {
  ...chain,
  ...{ rpcUrls: three, codeHashes: { registry: hashOf('11'), settlement: hashOf('12') } },
  profile: { ...profile, realMoney: true, blockTimeMaxMs: 30_000, finalitySeconds: 2_400 },
};

function read(content: unknown) {
  const file = join(mkdtempSync(join(tmpdir(), 'tallyroot-chains-')), 'chains.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return readSettings([], { SETTLEMENT_CHAINS: file }).settlementChains;
}

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('Nothing was refused.');
}

describe('the file of chains that providers are paid on', () => {
  it('names each chain with its nodes, contracts, tokens and profile', () => {
    const confirmations = [{ kinds: ['ppv', 'purchase'], upTo: { amount: '20.00', currency: 'USD' }, blocks: 1 }, { blocks: 12 }];
    const full = {
      ...real,
      contracts: { ...chain.contracts, escrow: addressOf('01'), creditFactory: addressOf('02') },
      codeHashes: { registry: hashOf('11'), settlement: hashOf('12'), escrow: hashOf('13'), creditFactory: hashOf('14') },
      profile: { finality: 64, realMoney: true, blockTimeMaxMs: 30_000, pollMs: 2_000, confirmations },
      relaysPayments: true,
      display: { name: 'OP', explorerUrl: 'https://scan.example', walletRpcUrl: 'https://rpc.example/op', sweepers: [addressOf('Cc')] },
      collectRetrySeconds: [3_600, 86_400],
      spending: { feePerGasMax: '30000000000', relayGasMax: 250_000, relayFeeMaxPerDay: '5000000000000000' },
    };
    expect(read([full])).toEqual([
      {
        ...full,
        contracts: { ...full.contracts, registry: addressOf('ab') },
        display: { ...full.display, sweepers: [addressOf('cc')] },
        deploymentBlock: 1_200_000n,
        tokens: [{ address: addressOf('ef'), currency: 'USDC', decimals: 6 }],
        spending: { feePerGasMax: 30_000_000_000n, relayGasMax: 250_000n, relayFeeMaxPerDay: 5_000_000_000_000_000n },
      },
    ]);
    expect(read([real])).toMatchObject([{ profile: { finality: 'tag', finalitySeconds: 2_400 } }]);
    expect(read([])).toEqual([]);
    expect(readSettings([], {}).settlementChains).toEqual([]);
  });

  it.each([
    ['{', 'cannot be read as JSON'],
    [{}, 'holds no list of chains'],
    [['https://node.example'], 'Chain 1 in .* is no object'],
    [[{ ...chain, rpc: 1 }], 'a field "rpc" means nothing'],
    [[chain, { ...chain, chainId: 2 }], 'Chain 2 in .*: chainId takes the number of the chain, as text'],
    [[chain, chain], 'names a chain twice'],
    [[{ ...chain, rpcUrls: [] }], 'rpcUrls takes at least one'],
    [[{ ...chain, rpcUrls: ['node.example'] }], 'rpcUrls takes addresses'],
    [[{ ...chain, rpcUrls: [three[0], three[0]] }], 'rpcUrls names a node twice'],
    [[{ ...chain, contracts: { registry: '0x12' } }], 'contracts: registry takes the address of a contract'],
    [[{ ...chain, codeHashes: { registry: '0x12' } }], 'codeHashes: registry takes a hash'],
    [[{ ...chain, deploymentBlock: 7 }], 'deploymentBlock takes the block'],
    [[{ ...chain, relaysPayments: 'yes' }], 'relaysPayments takes true or false'],
    [[{ ...chain, display: { explorerUrl: 'https://scan.example/' } }], 'explorerUrl takes an address without a password, and no slash'],
    [[{ ...chain, display: { walletRpcUrl: 'https://user:hunter2@node.example' } }], 'walletRpcUrl takes an address without a password'],
    [[{ ...chain, display: { sweepers: ['0x12'] } }], 'sweepers takes addresses of contracts'],
    [[{ ...chain, tokens: [{ ...chain.tokens[0], currency: 'DOGE' }] }], 'tokens 1: currency takes one of the money table'],
    [[{ ...chain, tokens: [{ ...chain.tokens[0], decimals: 0 }] }], 'tokens 1: decimals takes a whole number from 1 to 6'],
    [[{ ...chain, tokens: [{ ...chain.tokens[0], decimals: 18 }] }], 'tokens 1: decimals takes a whole number from 1 to 6'],
    [[{ ...chain, tokens: [{ address: addressOf('00'), currency: 'ETH', decimals: 6 }] }], 'decimals of a native coin are 18'],
    [[{ ...chain, tokens: [chain.tokens[0], chain.tokens[0]] }], 'tokens names a token twice'],
    [[{ ...chain, profile: { ...profile, finality: 'safe' } }], 'profile: finality takes "tag" or a whole number'],
    [[{ ...chain, profile: { ...profile, confirmations: [{ blocks: 0 }] } }], 'confirmations 1: blocks takes a whole number'],
    [[{ ...chain, profile: { ...profile, confirmations: [{ kinds: ['tip'], blocks: 1 }] } }], 'kinds takes some of invoice'],
    [[{ ...chain, collectRetrySeconds: [30] }], 'collectRetrySeconds takes at most 10 whole numbers from 60'],
    [[{ ...chain, spending: { feePerGasMax: 30 } }], 'spending: feePerGasMax takes wei per unit of gas, as text'],
    [[{ ...chain, spending: { relayGasMax: 20_999 } }], 'spending: relayGasMax takes a whole number from 21000'],
    [[{ ...chain, spending: { relayFeeMaxPerDay: '-1' } }], 'spending: relayFeeMaxPerDay takes wei, as text'],
    [[{ ...chain, spending: { relayFeeMax: '1' } }], 'spending: a field "relayFeeMax" means nothing'],
    [[{ ...real, rpcUrls: three.slice(1) }], 'realMoney takes at least 3 addresses'],
    [[{ ...real, codeHashes: { registry: hashOf('11') } }], 'realMoney takes the code hash of settlement'],
    [[{ ...real, profile: { ...profile, realMoney: true, finalitySeconds: 900 } }], 'realMoney takes profile.blockTimeMaxMs'],
    [[{ ...real, profile: { ...profile, realMoney: true, blockTimeMaxMs: 30_000 } }], 'realMoney takes profile.finalitySeconds'],
  ])('is refused as %j, without repeating a password', (content, message) => {
    expect(messageOf(() => read(content))).toMatch(new RegExp(message));
    expect(messageOf(() => read(content))).not.toContain('hunter2');
  });
});
