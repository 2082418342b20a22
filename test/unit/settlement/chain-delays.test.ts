import { describe, expect, it } from '@jest/globals';
import { ChainDelays } from '../../../services/settlement/application/watching/chain-delays.ts';
import type { ToldWatcherStatus } from '../../../services/settlement/application/watching/watcher-status.ts';
import { later, quotedAt } from './slot.fixtures.ts';

const status = (changes: Partial<ToldWatcherStatus> = {}): ToldWatcherStatus => ({
  ...{ chainId: '1', state: 'following', alarm: undefined, message: undefined, isDelayed: false, nodes: [] },
  ...{ since: new Date(quotedAt), toldAt: new Date(quotedAt), ...changes },
});

describe('a chain', () => {
  it.each<[string, boolean, ToldWatcherStatus[]]>([
    ['is not delayed while it is followed', false, [status()]],
    ['is delayed while nodes do not agree on what is final', true, [status({ isDelayed: true })]],
    ['is delayed while nodes are away', true, [status({ state: 'retrying' })]],
    ['is delayed while it is halted', true, [status({ state: 'halted' })]],
    ['is not delayed by another one', false, [status({ chainId: '2', state: 'halted' }), status()]],
    ['is not delayed where nobody ever watched it', false, []],
  ])('%s', async (_, isDelayed, told) => {
    const delays = new ChainDelays({ told: () => Promise.resolve(told) }, { now: () => quotedAt });
    expect(await delays.isDelayed('1')).toBe(isDelayed);
  });

  it('is delayed while its watcher is silent, and asked about once for everybody who looks', async () => {
    let [now, asked] = [quotedAt, 0];
    const told = () => Promise.resolve((asked++, [status()]));
    const delays = new ChainDelays({ told }, { now: () => now });
    expect([await delays.isDelayed('1'), await delays.isDelayed('1'), asked]).toEqual([false, false, 1]);
    now = later(121);
    expect([await delays.isDelayed('1'), asked]).toEqual([true, 2]);
  });

  it('is asked about again at once where the database was away', async () => {
    let isAway = true;
    const told = () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve([status({ state: 'alarm' })]));
    const delays = new ChainDelays({ told }, { now: () => quotedAt });
    await expect(delays.isDelayed('1')).rejects.toThrow('away');
    isAway = false;
    expect(await delays.isDelayed('1')).toBe(true);
  });
});
