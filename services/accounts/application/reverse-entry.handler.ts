import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { knownEventOf } from '../../commands/application/live-aggregate.ts';
import { EVENT_STORE, type EventStore } from '../../event-store/domain/event-store.ts';
import { StreamNotFoundFault } from '../../event-store/domain/faults.ts';
import type { ReverseEntryData } from '../domain/account.commands.ts';
import { account } from '../domain/account.ts';
import { reverseEntry } from '../domain/reversal.decider.ts';
import { AccountCommand, Accounts, accountStream } from './account-command.ts';

export interface ReverseEntryRequest {
  /** Revision of the entry in the account's own stream. */
  readonly entry: bigint;
  readonly reason: string;
  readonly invoicedToWallet?: boolean;
  readonly effectiveAt?: string;
}

export class ReverseEntry extends AccountCommand<ReverseEntryRequest> {}

@CommandHandler(ReverseEntry)
export class ReverseEntryHandler implements ICommandHandler<ReverseEntry> {
  readonly #accounts: Accounts;
  readonly #store: EventStore;

  constructor(@Inject(Accounts) accounts: Accounts, @Inject(EVENT_STORE) store: EventStore) {
    this.#accounts = accounts;
    this.#store = store;
  }

  async execute(command: ReverseEntry) {
    // What stands at a revision never changes, so it may be read before the decision.
    const original = await this.#entryAt(accountStream(command.envelope.provider, command.account), command.data.entry);
    return this.#accounts.decide(command, (state, data) => reverseEntry(state, { ...data, original }));
  }

  async #entryAt(stream: string, revision: bigint): Promise<ReverseEntryData['original']> {
    try {
      for await (const stored of this.#store.readStream(stream, { fromRevision: revision, maxCount: 1 })) {
        return { id: stored.id, revision: stored.revision, event: knownEventOf(account, stored).event };
      }
    } catch (error) {
      if (!(error instanceof StreamNotFoundFault)) throw error;
    }
    return undefined;
  }
}
