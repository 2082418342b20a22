import { beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { OlderCredit } from '../../../services/settlement/application/credit/older-credit.ts';
import { CreditTokens } from '../../../services/settlement/application/credit/credit-tokens.ts';
import { EffectSubjects } from '../../../services/settlement/application/booking/effect-subjects.ts';
import type { FinalContexts } from '../../../services/settlement/application/booking/final-contexts.ts';
import { StreamGivenSlots } from '../../../services/settlement/application/checkout/given-slots.ts';
import { RecordingSettlementLedger } from '../../../services/settlement/application/booking/recording.settlement-ledger.ts';
import type { UnmatchedNotice } from '../../../services/settlement/application/settlement-alarms.ts';
import { SettlementChains } from '../../../services/settlement/application/settlement-chains.ts';
import type { ChainEffect } from '../../../services/settlement/domain/chain-effect.ts';
import { executionOn } from '../../support/execution.ts';
import { euroCredit, issued } from './credit.fixtures.ts';
import { effectOf, eth, payer, rateOf, settled, treasury } from './effect.fixtures.ts';
import { place } from './slot.fixtures.ts';

const inCoins = { token: eth, rate: rateOf('ETH', '3000') };
let told: UnmatchedNotice[];
let store: MemoryEventStore;
beforeEach(() => {
  [told, store] = [[], new MemoryEventStore()];
});

/** As a process holds it that has just started: it knows what is in the log, and nothing more. */
function ledgerOf(): RecordingSettlementLedger {
  const { executor } = executionOn(store);
  const contracts = { registry: place.contract, settlement: place.contract };
  const profile = { finality: 'tag' as const, realMoney: false, confirmations: [] };
  const chain = { chainId: place.chainId, rpcUrls: [], contracts, codeHashes: {}, deploymentBlock: 0n, tokens: [eth], profile };
  const chains = new SettlementChains([chain]);
  return new RecordingSettlementLedger({
    ...{ executor, chains, providers: { slugOf: () => 'demo', providerIds: () => [] }, mandates: { of: () => Promise.resolve([]) } },
    slots: new StreamGivenSlots(store),
    ...{ subjects: new EffectSubjects(executor, chains), creditTokens: new CreditTokens(executor) },
    olderCredit: new OlderCredit({ executor, store, tokens: new CreditTokens(executor) }),
    contexts: {
      of: (_: string, { module }: ChainEffect) => Promise.resolve(module === 'credit' ? { token: euroCredit } : inCoins),
    } as unknown as FinalContexts,
    onUnmatched: (notice) => told.push(notice),
  });
}

/** Seen, and then final. */
async function taken(effect: ChainEffect): Promise<void> {
  await ledgerOf().take(effect, { head: 10n, finalized: 9n });
  await ledgerOf().take(effect, { head: 20n, finalized: 19n });
}

const moved = (log: object) =>
  effectOf('log', 'x.0', {
    name: 'NativeMoved',
    address: treasury,
    role: 'treasury',
    amount: '5',
    fromBlock: '1',
    toBlock: '9',
    ...log,
  } as never);

describe('whoever has to look', () => {
  it('[SET-A27] is told of a payment under a quote that was never issued, with the key that may be stolen, when it is final, and once', async () => {
    const effect = settled({ fiatMinor: '100000000' });
    await ledgerOf().take(effect, { head: 10n, finalized: 9n });
    expect(told).toEqual([]);
    await taken(effect);
    await taken(effect);
    expect(told).toEqual([{ provider: 'demo', stream: expect.stringMatching(/slot\.7$/), reason: 'quote_unknown', isKeySuspect: true }]);
  });

  it('[SET-A37] is told of credit that was never ordered, as its minter may be stolen', async () => {
    await taken(issued());
    expect(told).toMatchObject([{ reason: 'issue_unknown', isKeySuspect: true }]);
  });

  it('is told of coins that came, and of coins that left the treasury by no transaction of ours; no key is suspect', async () => {
    const stray = { name: 'Transfer', token: eth.address, from: payer, fromRole: 'other', to: treasury, toRole: 'treasury', amount: '5' };
    await taken(effectOf('log', 'y.0', stray as never));
    await taken(moved({ direction: 'out' }));
    expect(told).toMatchObject([
      { reason: 'stray_transfer', isKeySuspect: false },
      { reason: 'coins_left', isKeySuspect: false },
    ]);
  });

  it('is not told of coins that paid for gas', async () => {
    await taken(moved({ direction: 'out', cause: 'fees' }));
    expect(told).toEqual([]);
  });
});
