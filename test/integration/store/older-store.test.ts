import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Ledger } from './ledger.ts';
import { copyOf, engines, placeOn, startOn } from './older-copy.ts';

const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

const charge = { amount: '1.00', currency: 'EUR', product: 'tv', description: 'TV' };

async function send(ledger: Ledger, path: string, key: string, body: object) {
  const token = (await readFile(join(ledger.folder, 'api-key'), 'utf8')).trim();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key };
  const answer = await fetch(`${ledger.service!.url}/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

describe.each(engines)('[K15] a store on %s that was set back to an older copy', (engine) => {
  it('takes no command and signs no receipt, whoever asks, while what it holds can be read', async () => {
    const home = await placeOn(engine, closings);
    const ledger = await Ledger.create(closings);
    await startOn(ledger, home);
    const { id: account } = await ledger.post('accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '500' });
    await ledger.signedHead();
    await ledger.stop();
    const older = await copyOf(home, closings);
    await startOn(ledger, home);
    await ledger.post(`accounts/${account}/charges`, charge, 'lost');
    await ledger.signedHead();
    await ledger.stop();

    await startOn(ledger, older);
    const { eventStore, integrity } = ledger.service!;
    const { position } = await eventStore.head();
    // A new command, one that the older copy holds already, one that it would refuse: none is decided.
    for (const [path, key, body] of [
      [`accounts/${account}/charges`, 'lost', charge],
      ['accounts', 'accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '500' }],
      [`accounts/acc_${randomUUID()}/charges`, 'nobody', charge],
    ] as const) {
      const { status, body: problem } = await send(ledger, path, key, body);
      expect([status, problem]).toEqual([503, expect.objectContaining({ code: 'log_behind' })]);
      expect(problem).not.toHaveProperty('receipt');
    }
    await expect(integrity.receipts.signerOf('demo')).rejects.toMatchObject({ name: 'LogBehindFault' });
    expect(await ledger.get(`accounts/${account}`)).toMatchObject({ account });
    // Rounds go the same way: nothing was written behind the commands either.
    expect((await eventStore.head()).position).toBe(position);
  }, 180_000);

  it('is noticed by a process that has no memory but what it saw itself', async () => {
    const home = await placeOn(engine, closings);
    const ledger = await Ledger.create(closings);
    await startOn(ledger, home);
    await ledger.signedHead();
    await ledger.stop();
    const older = await copyOf(home, closings);
    await startOn(ledger, home);
    await ledger.post('accounts', { billing: 'prepaid', currency: 'EUR' });
    await ledger.signedHead();
    await ledger.stop();
    await startOn(ledger, home); // Its first look finds the head that covers the account.
    await ledger.stop();
    await rm(join(ledger.folder, 'keys', 'demo', 'checkpoint'));

    await startOn(ledger, older);
    expect(await send(ledger, 'accounts', 'another', { billing: 'prepaid', currency: 'EUR' })).toMatchObject({ status: 503 });
  }, 180_000);
});
