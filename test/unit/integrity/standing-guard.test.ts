import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { LogBehindFault } from '../../../services/commands/application/log-guard.ts';
import { StandingGuard, type StandingGuardOptions } from '../../../services/integrity/application/standing-guard.ts';

/** A guard whose looks are counted and answered as told. */
function guarded(options: Partial<StandingGuardOptions> = {}) {
  const watched = { looks: 0, reason: undefined as string | undefined, failure: undefined as Error | undefined, told: [] as string[] };
  const guard = new StandingGuard({
    whyNot: async () => {
      watched.looks++;
      if (watched.failure !== undefined) throw watched.failure;
      return watched.reason;
    },
    onBehind: (slug, reason) => watched.told.push(`${slug}: ${reason}`),
    ...options,
  });
  return { guard, watched };
}

describe('the guard of a log', () => {
  it('lets the first command wait for one look, and those after it pass at once', async () => {
    const { guard, watched } = guarded();
    await Promise.all([guard.admit('north'), guard.admit('north')]);
    expect(watched.looks).toBe(1);
    expect(guard.admit('north')).toBeUndefined();
    await guard.admit('south');
    expect(watched.looks).toBe(2);
  });

  it('refuses a log that is behind, tells it once, and looks again before it lets go', async () => {
    const { guard, watched } = guarded({ behindMs: 0 });
    watched.reason = 'the store was restored';
    for (let attempt = 0; attempt < 3; attempt++) await expect(guard.admit('north')).rejects.toThrow(LogBehindFault);
    expect(watched).toMatchObject({ looks: 3, told: ['north: the store was restored'] });
    watched.reason = undefined;
    await guard.admit('north');
    expect(guard.admit('north')).toBeUndefined();
  });

  it('notices beside the commands that a log was set back meanwhile', async () => {
    const { guard, watched } = guarded({ wholeMs: 0 });
    await guard.admit('north');
    watched.reason = 'the store was restored';
    expect(guard.admit('north')).toBeUndefined();
    await sleep(0);
    await expect(guard.admit('north')).rejects.toThrow('the store was restored');
  });

  it('believes what it found when a later look fails, and nothing when the first does', async () => {
    const failures: unknown[] = [];
    const { guard, watched } = guarded({ wholeMs: 0, behindMs: 0, onRetry: (_, error) => failures.push(error) });
    watched.failure = new Error('away');
    await expect(guard.admit('north')).rejects.toThrow('away');
    watched.failure = undefined;
    await guard.admit('north');
    watched.failure = new Error('away again');
    expect(guard.admit('north')).toBeUndefined();
    await sleep(0);
    expect(failures).toEqual([watched.failure]);
    expect(guard.admit('north')).toBeUndefined();
  });
});
