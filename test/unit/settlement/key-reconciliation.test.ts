import { beforeEach, describe, expect, it } from '@jest/globals';
import { id, Wallet } from 'ethers';
import { ChainKeyFault, ChainUnavailableFault } from '../../../services/chain/application/chain-faults.ts';
import type { ChainNode } from '../../../services/chain/application/chain-node.ts';
import type { TransactionStore } from '../../../services/chain/application/transaction-store.ts';
import { ChainAccess, unkeptTransactions } from '../../../services/chain/chain-access.ts';
import { KeyReconciliation } from '../../../services/settlement/application/sending/key-reconciliation.ts';
import type { SenderRole } from '../../../services/settlement/application/sending/sender-keys.ts';
import type { SendingAlarm } from '../../../services/settlement/application/sending/sending-status.ts';

const chainId = '10';
const walletOf = (role: SenderRole, provider: string) => new Wallet(id(`${role} ${provider}`));
const addressOf = (role: SenderRole, provider: string) => walletOf(role, provider).address;

/** What the chain has of an address; nothing of one that it never saw. */
let counts: Map<string, bigint>;
let coins: Map<string, bigint>;
let isAway: boolean;
/** Addresses whose counts were asked for. */
let asked: string[];
let existing: Set<string>;
let broken: Set<string>;
let transactions: TransactionStore;
let alarms: SendingAlarm[];
let chain: ChainAccess;

const node = {
  call: (method: string, address: string, tag: unknown): Promise<unknown> => {
    if (isAway) return Promise.reject(new ChainUnavailableFault('No node answers.'));
    if (method === 'eth_getBalance') return Promise.resolve(`0x${(coins.get(address) ?? 0n).toString(16)}`);
    if (method === 'eth_getBlockByNumber') return Promise.resolve({ baseFeePerGas: '0x1' });
    if (method === 'eth_maxPriorityFeePerGas') return Promise.resolve('0x1');
    if (tag === 'latest') asked.push(address);
    return Promise.resolve(`0x${(counts.get(address) ?? 0n).toString(16)}`);
  },
} as ChainNode;

beforeEach(() => {
  [counts, coins, existing, broken] = [new Map(), new Map(), new Set(), new Set()];
  [isAway, asked, alarms, transactions] = [false, [], [], unkeptTransactions()];
  chain = new ChainAccess({ chainId, node, transactions });
});

function reconciliationOf(providers: readonly string[], reconcileMs = 600_000): KeyReconciliation {
  return new KeyReconciliation({
    keys: {
      existing: (role, provider) => {
        if (broken.has(`${role} ${provider}`)) return Promise.reject(new ChainKeyFault('The keystore cannot be opened.'));
        return Promise.resolve(existing.has(`${role} ${provider}`) ? walletOf(role, provider) : undefined);
      },
    },
    ...{ providers: () => providers, reconcileMs, idlePerRoundMax: 2, affordableMin: 20n, onAlarm: (alarm) => alarms.push(alarm) },
  });
}

/** Five roles a provider, two a round. */
async function turn(reconciliation: KeyReconciliation, providers: number): Promise<void> {
  for (let round = 0; round < Math.ceil((5 * providers) / 2); round++) await reconciliation.compareNext(chain);
}

/** A transaction of the key that was signed here; final where it says so. */
async function sent(address: string, isFinal: boolean): Promise<void> {
  const call = { to: address, data: '0x' };
  const fees = { tipPerGas: 1n, feePerGasMax: 3n };
  const attempt = { ...fees, tx: id(address), raw: '0x', call, isCancel: false, signedAt: new Date(0) };
  await transactions.take({ chainId, address }, () => Promise.resolve({ id: address, subject: 'refund', nonce: 0n, attempt }));
  const place = {
    tx: id(address),
    block: 1n,
    blockHash: id('block'),
    contract: undefined,
    at: new Date(0),
    gas: 10n,
    fee: 30n,
    outcome: 'succeeded',
  } as const;
  if (isFinal) await transactions.moved(address, 'final', place);
}

describe('keys that have nothing to send', () => {
  it('are told of where somebody else sends by one', async () => {
    existing.add('refunder aa').add('minter aa');
    counts.set(addressOf('minter', 'aa'), 1n);
    await turn(reconciliationOf(['aa']), 1);
    expect(alarms).toMatchObject([{ chainId, address: addressOf('minter', 'aa'), code: 'key_foreign' }]);
  });

  it('are told of where one that has sent before cannot pay for much more', async () => {
    existing.add('refunder aa').add('signer aa').add('collector aa');
    for (const role of ['refunder', 'signer', 'collector'] as const) counts.set(addressOf(role, 'aa'), 1n);
    await sent(addressOf('refunder', 'aa'), true);
    await sent(addressOf('signer', 'aa'), true);
    await sent(addressOf('collector', 'aa'), false);
    coins.set(addressOf('signer', 'aa'), 600n);
    await turn(reconciliationOf(['aa']), 1);
    expect(alarms.map(({ address, code, message }) => [address, code, message])).toEqual([
      [addressOf('refunder', 'aa'), 'funds_low', 'Its coins are enough for 0 more transactions.'],
      [addressOf('collector', 'aa'), 'funds_low', 'It has no coins at all.'],
    ]);
  });

  it('may be empty as long as they never sent', async () => {
    existing.add('refunder aa');
    await turn(reconciliationOf(['aa']), 1);
    expect([asked, alarms]).toEqual([[addressOf('refunder', 'aa')], []]);
  });

  it('are gone over in turns, a few a round, and no turn begins before its time', async () => {
    const providers = ['aa', 'bb', 'cc'];
    for (const provider of providers) for (const role of ['signer', 'refunder']) existing.add(`${role} ${provider}`);
    const reconciliation = reconciliationOf(providers);
    await reconciliation.compareNext(chain);
    expect(asked).toEqual([addressOf('signer', 'aa'), addressOf('refunder', 'aa')]);
    await turn(reconciliation, 6);
    expect(asked).toEqual(providers.flatMap((provider) => [addressOf('signer', provider), addressOf('refunder', provider)]));
    const eager = reconciliationOf(['aa'], 0);
    asked = [];
    await turn(eager, 1);
    await turn(eager, 1);
    expect(asked).toHaveLength(4);
  });

  it('are left alone for a while where no node answers, and then go on behind those that were asked for', async () => {
    existing.add('signer aa').add('refunder aa').add('collector aa');
    const reconciliation = reconciliationOf(['aa'], 20);
    isAway = true;
    await expect(reconciliation.compareNext(chain)).rejects.toThrow('No node answers');
    isAway = false;
    while (asked.length < 1) await reconciliation.compareNext(chain).then(() => new Promise((resolve) => setImmediate(resolve)));
    expect(asked[0]).toBe(addressOf('collector', 'aa'));
  });

  it('are told of where one cannot be opened, and the others are looked at', async () => {
    existing.add('refunder aa');
    broken.add('signer aa');
    await turn(reconciliationOf(['aa']), 1);
    expect([asked, alarms]).toEqual([
      [addressOf('refunder', 'aa')],
      [{ chainId, code: 'key_unusable', message: 'The keystore cannot be opened.' }],
    ]);
  });
});
