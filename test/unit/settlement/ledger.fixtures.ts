import type { CommandExecutor } from '../../../services/commands/application/command-executor.ts';
import type { Aggregate, DomainEvent } from '../../../services/commands/domain/aggregate.ts';
import { accept, type Decision, type Rejection } from '../../../services/commands/domain/decision.ts';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { type LedgerEvent, ledgerEventOf } from '../../../services/event-store/domain/ledger-event.ts';
import { envelope, executionOn } from '../../support/execution.ts';

/** Where a process is killed; never when nothing is said. */
export interface End {
  readonly killedAt?: number;
  readonly hadEffect?: boolean;
}

/** A ledger in memory, and processes on it that may end at any call. */
export abstract class LedgerWorld {
  readonly store = new MemoryEventStore();
  #commands = 0;

  /** Of a process that knows nothing of what others did. */
  executor(): CommandExecutor {
    return executionOn(this.store).executor;
  }

  write<State, Event extends DomainEvent>(aggregate: Aggregate<State, Event>, stream: string, ...events: Event[]): Promise<void> {
    return this.act(aggregate, stream, () => accept(...(events as [Event, ...Event[]])));
  }

  async act<State, Event extends DomainEvent>(
    aggregate: Aggregate<State, Event>,
    stream: string,
    decide: (state: State) => Decision<Event, Rejection>,
  ): Promise<void> {
    const outcome = await this.executor().execute({ aggregate, stream, envelope: envelope(`${this.#commands++}`), decide });
    if (outcome.kind === 'rejected') throw new Error(JSON.stringify(outcome.rejection));
  }

  async log(): Promise<LedgerEvent[]> {
    return (await Array.fromAsync(this.store.readAll())).map((stored) => ledgerEventOf(stored)!);
  }

  async typed(...types: string[]): Promise<LedgerEvent[]> {
    return (await this.log()).filter(({ type }) => types.includes(type));
  }

  /** Processes that handle everything from the beginning, until they are killed. */
  abstract follow(end?: End): Promise<void>;

  /** Killed at each of its calls in turn, both ways at once, until two get through. Answers how many calls that took. */
  async followKilled(): Promise<number> {
    for (let killedAt = 0; ; killedAt++) {
      const ends = await Promise.allSettled([true, false].map((hadEffect) => this.follow({ killedAt, hadEffect })));
      if (ends.every(({ status }) => status === 'fulfilled')) return killedAt;
    }
  }
}

/** Kills a process at its n-th call: before it, or when it has had its effect. */
export function dyingAt(executor: CommandExecutor, { killedAt = Infinity, hadEffect = false }: End): CommandExecutor {
  let calls = 0;
  return new Proxy(executor, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        const isLast = calls++ === killedAt;
        if (isLast && !hadEffect) throw new Error('This process was killed.');
        const result: unknown = await (value as (...given: unknown[]) => Promise<unknown>).apply(target, args);
        if (isLast) throw new Error('This process was killed.');
        return result;
      };
    },
  });
}
