import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MemoryEventStore } from '../../services/event-store/adapters/memory/memory.event-store.ts';
import { readModels } from '../../services/main/read-models.ts';
import { accountId } from './books.ts';
import { randomBooks, randomSteps } from './random-books.ts';
import { failingAfterItsRows, ReadModels } from './read-models.ts';

let models: ReadModels;
beforeAll(async () => {
  models = await ReadModels.create();
});
afterAll(() => models.drop());

describe('rebuilding read models from the log', () => {
  it('[H8] gives identical rows, however the log is cut into batches', async () => {
    await fc.assert(
      fc.asyncProperty(randomSteps, async (steps) => {
        const { store } = await randomBooks(steps);
        await models.rebuild(store, readModels);
        const whole = await models.hashes(readModels);
        for (const batchSizeMax of [1, 3, 10]) {
          await models.rebuild(store, readModels, { batchSizeMax });
          expect(await models.hashes(readModels)).toEqual(whole);
        }
      }),
      { numRuns: 6 },
    );
  });

  it('[H8] gives the rows that following the log gave', async () => {
    const store = new MemoryEventStore();
    const [steps = []] = fc.sample(randomSteps, { numRuns: 1, seed: 7 });
    const books = await randomBooks(steps.slice(0, 10), { store });
    await models.rebuild(store, readModels);
    for (let charge = 1; charge <= 20; charge++) {
      await books.charge(accountId(0), `0.${charge}`);
      await models.follow(store, readModels);
    }
    const followed = await models.hashes(readModels);
    await models.rebuild(store, readModels);
    expect(await models.hashes(readModels)).toEqual(followed);
  });

  it('counts an event once that is delivered again, because rows and checkpoint commit together', async () => {
    const [steps = []] = fc.sample(randomSteps, { numRuns: 1, seed: 11 });
    const { store } = await randomBooks(steps);
    await models.rebuild(store, readModels);
    const undisturbed = await models.hashes(readModels);
    // The failure of a whole batch makes the runner go event by event, so each is delivered twice.
    const disturbed = readModels.map((projection) => failingAfterItsRows(projection, 1));
    await models.rebuild(store, disturbed);
    expect(await models.hashes(readModels)).toEqual(undisturbed);
  });

  it('keeps providers apart: the same history under another name gives rows of its own and changes none', async () => {
    const [steps = []] = fc.sample(randomSteps, { numRuns: 1, seed: 3 });
    const store = new MemoryEventStore();
    await randomBooks(steps, { store, provider: 'one' });
    await models.rebuild(store, readModels);
    const alone = await models.rows(`select ledger_account, currency, debits, credits from account_balances order by 1, 2`);
    await randomBooks(steps, { store, provider: 'two' });
    await models.follow(store, readModels);
    for (const provider of ['one', 'two']) {
      const text = `select ledger_account, currency, debits, credits from account_balances where provider = $1 order by 1, 2`;
      expect(await models.rows(text, [provider])).toEqual(alone);
    }
  });
});
