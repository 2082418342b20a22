import { describe, expect, it } from '@jest/globals';
import { provider, registerProvider, setEntryAccess } from '../../../services/access/domain/provider.ts';
import type { AccountEvent } from '../../../services/accounts/domain/account.events.ts';
import { account } from '../../../services/accounts/domain/account.ts';
import type { Account, OpenAccount } from '../../../services/accounts/domain/open-account.ts';
import { openAccount } from '../../../services/accounts/domain/account.decider.ts';
import { postCharge, topUp } from '../../../services/accounts/domain/charging.decider.ts';
import type { AccountRejection } from '../../../services/accounts/domain/account.commands.ts';
import type { CommandAnswer, Outcome } from '../../../services/commands/application/answer.ts';
import type { CommandExecutor } from '../../../services/commands/application/command-executor.ts';
import type { Envelope } from '../../../services/commands/application/envelope.ts';
import { accept, type Decision } from '../../../services/commands/domain/decision.ts';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import type { CanonicalJson } from '../../../services/event-store/domain/canonical-json.ts';
import type { AppendRequest, EventStore, StoredEvent } from '../../../services/event-store/domain/event-store.ts';
import { leafOf, zeroHash } from '../../../services/integrity/domain/leaf.ts';
import { envelope, executionOn, LossyEventStore, origin } from '../../support/execution.ts';
import { at, charge, eur, id } from '../accounts/account.fixtures.ts';

const stream = `demo.account-${id}`;
type Decide = (state: Account) => Decision<AccountEvent, AccountRejection>;
const opening: Decide = (state) => openAccount(state, { account: id, billing: 'prepaid', creditLimit: eur('0') });
const toppingUp =
  (amount: string): Decide =>
  (state) =>
    topUp(state, { amount: eur(amount), method: 'card', channel: 'api', effectiveAt: at });
const charging =
  (amount: string): Decide =>
  (state) =>
    postCharge(state, charge(amount));

function run(executor: CommandExecutor, asked: Envelope, decide: Decide): Promise<Outcome<AccountRejection>> {
  return executor.execute({ aggregate: account, stream, envelope: asked, decide });
}

function accepted(outcome: Outcome<AccountRejection>): CommandAnswer {
  if (outcome.kind !== 'accepted') throw new Error(outcome.rejection.code);
  return outcome.answer;
}

async function streamOf(store: EventStore): Promise<StoredEvent[]> {
  return Array.fromAsync(store.readStream(stream));
}

async function withWallet(store: EventStore, amount: string) {
  const execution = executionOn(store);
  await run(execution.executor, envelope('open'), opening);
  await run(execution.executor, envelope('top-up'), toppingUp(amount));
  return execution;
}

describe('CommandExecutor', () => {
  it('answers event ids, revision, position and a receipt over the stored leaf', async () => {
    const store = new MemoryEventStore();
    const { executor, receipts } = executionOn(store);
    const answer = accepted(await run(executor, envelope('open'), opening));
    const [stored] = await streamOf(store);
    expect(answer).toMatchObject({ stream, revision: 0n, position: stored?.position, replayed: false });
    expect(answer.events).toMatchObject([{ id: stored?.id, type: 'AccountOpened/1', revision: 0n }]);
    expect(receipts.issued[0]?.leaf).toBe(leafOf(origin, stored!).hash);
  });

  it('links every event to the leaf before it', async () => {
    const store = new MemoryEventStore();
    await withWallet(store, '10');
    const [first, second] = await streamOf(store);
    const previous = (event: StoredEvent) => (JSON.parse(event.metadata!) as { prev: string }).prev;
    expect(previous(first!)).toBe(zeroHash);
    expect(previous(second!)).toBe(leafOf(origin, first!).hash);
  });

  it('answers a repeat from the stored events, at once and from a process that knows nothing yet', async () => {
    const store = new MemoryEventStore();
    const { executor } = await withWallet(store, '10');
    const first = accepted(await run(executor, envelope('charge'), charging('4')));
    const again = accepted(await run(executor, envelope('charge'), charging('4')));
    const elsewhere = accepted(await run(executionOn(store).executor, envelope('charge'), charging('4')));
    for (const answer of [again, elsewhere]) expect(answer).toEqual({ ...first, replayed: true });
    expect(await streamOf(store)).toHaveLength(3);
  });

  it('refuses another body under a used key', async () => {
    const { executor } = await withWallet(new MemoryEventStore(), '10');
    const outcome = await run(executor, envelope('top-up', { body: { amount: '99' } }), toppingUp('99'));
    expect(outcome).toMatchObject({ kind: 'rejected', rejection: { code: 'idempotency_key_reused' } });
  });

  it('refuses a key that the command log knows from another target, and answers one that the aggregate has forgotten', async () => {
    const store = new MemoryEventStore();
    const { executor, commands } = await withWallet(store, '10');
    const asked = envelope('elsewhere');
    const known = { fingerprint: asked.fingerprint, firstRevision: 1n, revision: 1n, position: 2n };
    commands.commands.set(asked.commandId, { ...known, stream: 'demo.account-other' });
    expect(await run(executor, asked, charging('1'))).toMatchObject({ rejection: { code: 'idempotency_key_reused' } });
    commands.commands.set(asked.commandId, { ...known, stream });
    expect(accepted(await run(executor, asked, charging('1')))).toMatchObject({ replayed: true, revision: 1n });
  });

  it('asks the command log only after it has passed what the aggregate remembers', async () => {
    const { executor, commands } = await withWallet(new MemoryEventStore(), '2000');
    for (let index = 0; index < 1_000; index++) await run(executor, envelope(`charge ${index}`), charging('1'));
    commands.seen = 0n;
    setTimeout(() => (commands.seen = 2n ** 62n), 60);
    const begun = performance.now();
    accepted(await run(executor, envelope('one more'), charging('1')));
    expect(performance.now() - begun).toBeGreaterThan(40);
  });

  it('refuses a revision that the aggregate is not at', async () => {
    const { executor } = await withWallet(new MemoryEventStore(), '10');
    expect(await run(executor, envelope('late', { expectedRevision: 0n }), charging('1'))).toMatchObject({
      rejection: { code: 'revision_mismatch', expected: '0', actual: '1' },
    });
    expect(await run(executor, envelope('right', { expectedRevision: 1n }), charging('1'))).toMatchObject({ kind: 'accepted' });
  });

  it('refuses nothing by what it remembers: another process may have changed it since', async () => {
    const store = new MemoryEventStore();
    const [mine, other] = [executionOn(store), executionOn(store)];
    expect(await run(mine.executor, envelope('too early'), charging('1'))).toMatchObject({ kind: 'rejected' });
    await run(other.executor, envelope('open'), opening);
    await run(other.executor, envelope('top-up'), toppingUp('10'));
    expect(await run(mine.executor, envelope('charge'), charging('4'))).toMatchObject({ kind: 'accepted', answer: { revision: 2n } });
    expect(await run(mine.executor, envelope('too much'), charging('7'))).toMatchObject({ rejection: { code: 'insufficient_funds' } });
    await run(other.executor, envelope('top-up again'), toppingUp('10'));
    expect(await run(mine.executor, envelope('much'), charging('7'))).toMatchObject({ kind: 'accepted', answer: { revision: 4n } });
    await run(other.executor, envelope('charge elsewhere'), charging('1'));
    const named = envelope('at revision 5', { expectedRevision: 5n });
    expect(await run(mine.executor, named, charging('1'))).toMatchObject({ kind: 'accepted', answer: { revision: 6n } });
    const state = await other.executor.current(account, stream, 'demo');
    expect(state).toEqual(await executionOn(store).executor.current(account, stream, 'demo'));
    await run(mine.executor, envelope('last'), charging('1'));
    expect(await other.executor.current(account, stream, 'demo')).not.toEqual(state);
  });

  it('repeats nothing by what it remembers either', async () => {
    const store = new MemoryEventStore();
    const [mine, other] = [executionOn(store), executionOn(store)];
    const stream = 'demo.provider-demo';
    const decided = (executor: CommandExecutor, name: string, entries: 'public' | 'token') =>
      executor.execute({ aggregate: provider, stream, envelope: envelope(name), decide: (state) => setEntryAccess(state, entries) });
    const registered = { provider: 'demo', name: 'Demo' };
    await mine.executor.execute({
      aggregate: provider,
      stream,
      envelope: envelope('register'),
      decide: (state) => registerProvider(state, registered),
    });
    await decided(mine.executor, 'close', 'token');
    await decided(other.executor, 'open', 'public');
    expect(await decided(mine.executor, 'close again', 'token')).toMatchObject({
      kind: 'accepted',
      answer: { revision: 3n, replayed: false },
    });
  });

  it('[A1] never lets 200 concurrent debits of two processes take the wallet below zero', async () => {
    const store = new MemoryEventStore();
    const { executor } = await withWallet(store, '100');
    const executors = [executor, executionOn(store).executor];
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        run(executors[index % 2]!, envelope(`debit ${index}`, { patienceMs: 20_000 }), charging('1')),
      ),
    );
    expect(outcomes.filter(({ kind }) => kind === 'accepted')).toHaveLength(100);
    const state = (await executionOn(store).executor.current(account, stream, 'demo')) as OpenAccount;
    expect(state.wallet).toBe(0n);
  });

  it('[K11] makes one account of 50 parallel repeats of a create over two processes', async () => {
    const store = new MemoryEventStore();
    const executions = [executionOn(store), executionOn(store)];
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => accepted(await run(executions[index % 2]!.executor, envelope('open'), opening))),
    );
    const stored = await streamOf(store);
    expect(stored).toHaveLength(1);
    expect(new Set(answers.map(({ events }) => events[0]?.id))).toEqual(new Set([stored[0]?.id]));
    const promised = executions.flatMap(({ receipts }) => receipts.issued.map(({ leaf }) => leaf));
    expect(new Set(promised)).toEqual(new Set([leafOf(origin, stored[0]!).hash]));
  });

  it('sends the same events again when the request or the reply was lost, and writes them once', async () => {
    for (const loss of ['request', 'reply'] as const) {
      const lossy = new LossyEventStore();
      const { executor } = await withWallet(lossy.store, '10');
      lossy.losses.push(loss, loss, 'none');
      const answer = accepted(await run(executor, envelope('charge'), charging('4')));
      const stored = await streamOf(lossy.store);
      expect(stored).toHaveLength(3);
      expect(answer.events[0]?.id).toBe(stored[2]?.id);
      expect(answer.receipt.promise).toBe(leafOf(origin, stored[2]!).hash);
    }
  });

  it('keeps what it knows on an engine that never tells whether an append was fresh', async () => {
    const inner = new MemoryEventStore();
    let read = 0;
    const store: EventStore = new Proxy(inner, {
      get: (target, name) => {
        if (name === 'append') return async (request: AppendRequest) => ({ ...(await target.append(request)), fresh: 'unknown' as const });
        if (name !== 'readStream') return (Reflect.get(target, name) as () => unknown).bind(target);
        return async function* (...args: Parameters<EventStore['readStream']>) {
          for await (const event of target.readStream(...args)) {
            read++;
            yield event;
          }
        };
      },
    });
    const { executor } = await withWallet(store, '100');
    read = 0;
    for (let index = 0; index < 50; index++)
      expect(accepted(await run(executor, envelope(`charge ${index}`), charging('1')))).toMatchObject({ replayed: false });
    expect(read).toBe(50); // Of each append what it wrote, and no stream from its beginning.
    expect(accepted(await run(executor, envelope('charge 7'), charging('1')))).toMatchObject({ replayed: true, revision: 9n });
  });

  it('gives up at the deadline with a fault, and the caller’s repeat finds what was written', async () => {
    const lossy = new LossyEventStore();
    const { executor } = await withWallet(lossy.store, '10');
    lossy.losses.push(...Array.from({ length: 200 }, () => 'reply' as const));
    await expect(run(executor, envelope('charge', { patienceMs: 50 }), charging('4'))).rejects.toMatchObject({ retryable: true });
    lossy.losses.length = 0;
    expect(accepted(await run(executor, envelope('charge'), charging('4')))).toMatchObject({ replayed: true, revision: 2n });
  });

  it.each([
    ['that is malformed', 'ToppedUp/1', undefined, 'malformed'],
    ['of a type that is none of the account', 'WalletFilled/1', 'copied', 'not one this stream can hold'],
    ['of a version that a newer release wrote', 'ToppedUp/2', 'copied', 'written by a newer release'],
  ])('70 decides nothing over an event %s, and names it', async (_, type, metadata, why) => {
    const store = new MemoryEventStore();
    await withWallet(store, '10');
    const last = (await streamOf(store)).at(-1)!;
    const data = last.data as CanonicalJson;
    const copied = metadata === undefined ? {} : { metadata: last.metadata as CanonicalJson };
    await store.append({ stream, expected: 1n, events: [{ id: '00000000-0000-4000-8000-000000000001', type, data, ...copied }] });
    const charged = run(executionOn(store).executor, envelope('charge'), charging('4'));
    await expect(charged).rejects.toMatchObject({ name: 'UnreadableEventFault', stream, revision: 2n, type });
    await expect(charged).rejects.toThrow(why);
    expect(await streamOf(store)).toHaveLength(3);
  });
});

describe('what a decider must not decide', () => {
  const writes =
    (data: object): Decide =>
    () =>
      accept({ type: 'ToppedUp/1', data } as AccountEvent);
  const toppedUp = { account: id, currency: 'EUR', method: 'card', channel: 'api', effectiveAt: at };
  const lines = (debited: string, credited: string) => [
    { account: 'asset:cash:card', amount: debited, currency: 'EUR', direction: 'debit' },
    { account: `liability:wallet:${id}:money`, amount: credited, currency: 'EUR', direction: 'credit' },
  ];

  it('is not written: postings that do not balance, and an event that its aggregate cannot take', async () => {
    const store = new MemoryEventStore();
    const { executor } = await withWallet(store, '10');
    const unbalanced = writes({ ...toppedUp, amount: '2.00', postings: lines('2.00', '1.00') });
    await expect(run(executor, envelope('unbalanced'), unbalanced)).rejects.toThrow('do not balance');
    const unreadable = writes({ ...toppedUp, amount: 'ten', postings: lines('2.00', '2.00') });
    await expect(run(executor, envelope('unreadable'), unreadable)).rejects.toThrow('amount_malformed');
    expect(await streamOf(store)).toHaveLength(2);
    expect(accepted(await run(executor, envelope('charge'), charging('10'))).revision).toBe(2n);
  });
});
