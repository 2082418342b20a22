import type { Attempt, QueuedTransaction, TransactionPlace, TransactionState } from '../../application/transaction.ts';
import type { FirstAttempt, TransactionKey, TransactionStore } from '../../application/transaction-store.ts';

/** For a command that asks the chain what is done already before it does anything: nothing of it outlives the process. */
export class MemoryTransactionStore implements TransactionStore {
  readonly #transactions = new Map<string, QueuedTransaction>();
  #taking: Promise<unknown> = Promise.resolve();

  unsettled(key: TransactionKey): Promise<QueuedTransaction[]> {
    const unsettled = this.#of(key).filter(({ state }) => state === 'signed' || state === 'mined');
    return Promise.resolve(unsettled.toSorted((left, right) => (left.nonce < right.nonce ? -1 : 1)));
  }

  find(id: string): Promise<QueuedTransaction | undefined> {
    return Promise.resolve(this.#transactions.get(id));
  }

  lastFinal(key: TransactionKey): Promise<QueuedTransaction | undefined> {
    const final = this.#of(key).filter(({ state }) => state === 'final');
    return Promise.resolve(final.toSorted((left, right) => (left.nonce < right.nonce ? -1 : 1)).at(-1));
  }

  take(key: TransactionKey, sign: (taken: readonly QueuedTransaction[]) => Promise<FirstAttempt>): Promise<QueuedTransaction> {
    const taking = this.#taking.then(async () => {
      const { id, subject, nonce, attempt } = await sign(await this.unsettled(key));
      const known = this.#transactions.get(id);
      if (known !== undefined) return known;
      const kept = { id, ...key, nonce, subject, state: 'signed', attempts: [attempt], place: undefined } as const;
      this.#transactions.set(id, kept);
      return kept;
    });
    this.#taking = taking.catch(() => undefined);
    return taking;
  }

  replace({ id, attempts }: QueuedTransaction, attempt: Attempt, subject: string): Promise<QueuedTransaction | undefined> {
    const kept = this.#transactions.get(id);
    if (kept?.attempts.length !== attempts.length) return Promise.resolve(undefined);
    const replaced = { ...kept, subject, attempts: [...kept.attempts, attempt] };
    this.#transactions.set(id, replaced);
    return Promise.resolve(replaced);
  }

  moved(id: string, state: TransactionState, place: TransactionPlace | undefined): Promise<void> {
    const kept = this.#transactions.get(id);
    if (kept !== undefined && kept.state !== 'final') this.#transactions.set(id, { ...kept, state, place });
    return Promise.resolve();
  }

  forget(chainId: string): Promise<void> {
    for (const transaction of [...this.#transactions.values()])
      if (transaction.chainId === chainId) this.#transactions.delete(transaction.id);
    return Promise.resolve();
  }

  #of({ chainId, address }: TransactionKey): QueuedTransaction[] {
    return [...this.#transactions.values()].filter((known) => known.chainId === chainId && known.address === address);
  }
}
