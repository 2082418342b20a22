import type { Attempt, GivenUp, Known, QueuedTransaction, TransactionPlace, TransactionState } from '../../application/transaction.ts';
import type { FirstAttempt, TransactionKey, TransactionStore } from '../../application/transaction-store.ts';

/** For a command that asks the chain what is done already before it does anything: nothing of it outlives the process. */
export class MemoryTransactionStore implements TransactionStore {
  readonly #transactions = new Map<string, QueuedTransaction>();
  readonly #givenUp = new Map<string, GivenUp & TransactionKey>();

  unsettled(key: TransactionKey): Promise<QueuedTransaction[]> {
    return Promise.resolve(this.#unsettled(key));
  }

  find(id: string): Promise<Known | undefined> {
    return Promise.resolve(this.#known(id));
  }

  lastFinal(key: TransactionKey): Promise<QueuedTransaction | undefined> {
    const final = this.#of(key).filter(({ state }) => state === 'final');
    return Promise.resolve(final.toSorted((left, right) => (left.nonce < right.nonce ? -1 : 1)).at(-1));
  }

  async take(key: TransactionKey, sign: (taken: readonly QueuedTransaction[]) => Promise<FirstAttempt>): Promise<Known> {
    for (;;) {
      const { id, subject, nonce, attempt } = await sign(this.#unsettled(key));
      const known = this.#known(id);
      if (known !== undefined) return known;
      if (this.#unsettled(key).some((other) => other.nonce === nonce)) continue; // It was given away while this one signed.
      const kept = { id, ...key, nonce, subject, state: 'signed', attempts: [attempt], place: undefined } as const;
      this.#transactions.set(id, kept);
      return kept;
    }
  }

  giveUp(key: TransactionKey, { id, reason }: Parameters<TransactionStore['giveUp']>[1]): Promise<Known> {
    if (this.#known(id) === undefined) this.#givenUp.set(id, { id, state: 'given-up', reason, ...key });
    return Promise.resolve(this.#known(id) as Known);
  }

  replace({ id, attempts }: QueuedTransaction, attempt: Attempt, subject: string): Promise<QueuedTransaction | undefined> {
    const kept = this.#transactions.get(id);
    if (kept?.state !== 'signed' || kept.attempts.length !== attempts.length) return Promise.resolve(undefined);
    const replaced = { ...kept, subject, attempts: [...kept.attempts, attempt] };
    this.#transactions.set(id, replaced);
    return Promise.resolve(replaced);
  }

  moved(id: string, state: TransactionState, place: TransactionPlace | undefined): Promise<void> {
    const kept = this.#transactions.get(id);
    if (kept !== undefined && kept.state !== 'final') this.#transactions.set(id, { ...kept, state, place });
    return Promise.resolve();
  }

  reopen(id: string): Promise<void> {
    const lost = this.#transactions.get(id);
    return lost?.state === 'final' ? this.reopenFrom(lost, lost.nonce) : Promise.resolve();
  }

  reopenFrom(key: TransactionKey, nonce: bigint): Promise<void> {
    for (const known of this.#of(key))
      if (known.state === 'final' && known.nonce >= nonce)
        this.#transactions.set(known.id, { ...known, state: 'signed', place: undefined });
    return Promise.resolve();
  }

  forget(chainId: string): Promise<void> {
    for (const transaction of [...this.#transactions.values()])
      if (transaction.chainId === chainId) this.#transactions.delete(transaction.id);
    for (const { id, chainId: of } of [...this.#givenUp.values()]) if (of === chainId) this.#givenUp.delete(id);
    return Promise.resolve();
  }

  #known(id: string): Known | undefined {
    const givenUp = this.#givenUp.get(id);
    return this.#transactions.get(id) ?? (givenUp && { id, state: 'given-up', reason: givenUp.reason });
  }

  #unsettled(key: TransactionKey): QueuedTransaction[] {
    const unsettled = this.#of(key).filter(({ state }) => state === 'signed' || state === 'mined');
    return unsettled.toSorted((left, right) => (left.nonce < right.nonce ? -1 : 1));
  }

  #of({ chainId, address }: TransactionKey): QueuedTransaction[] {
    return [...this.#transactions.values()].filter((known) => known.chainId === chainId && known.address === address);
  }
}
