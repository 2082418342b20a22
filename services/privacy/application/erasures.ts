import { v5 as uuidv5 } from 'uuid';
import type { LogOrigins } from '../../commands/application/receipts.ts';
import type { SystemLeafAppended, SystemLog } from '../../integrity/application/system-log.ts';
import type { PersonalDataErasedFin } from '../../integrity/domain/system-leaf.events.ts';
import type { ErasureOrdered, SupersededErasureOrdered } from '../domain/person.events.ts';
import type { Vault } from './vault.ts';

/** Namespace of URLs, RFC 9562. */
const urlNamespace = '6ba7b811-9dad-11d1-80b4-00c04fd430c8';

/** An erasure that was ordered, with the place of the event that says so. */
export interface OrderedErasure {
  readonly provider: string;
  readonly order: ErasureOrdered | SupersededErasureOrdered;
  readonly event: { readonly id: string; readonly stream: string; readonly revision: bigint; readonly position: bigint };
}

/**
 * Carries out what was ordered: first the data become unreadable, then the log says that they are. The leaf speaks of what is done; a crash
 * between the two is made good by whoever carries out the order again.
 */
export class Erasures {
  readonly #vault: Vault;
  readonly #systemLog: Pick<SystemLog, 'append'>;
  readonly #origins: LogOrigins;

  constructor(vault: Vault, systemLog: Pick<SystemLog, 'append'>, origins: LogOrigins) {
    this.#vault = vault;
    this.#systemLog = systemLog;
    this.#origins = origins;
  }

  /** Done, and in the log, when it resolves. The same order has its effect once, however often it is carried out. */
  async carryOut({ provider, order, event }: OrderedErasure): Promise<SystemLeafAppended> {
    const name = { provider, subject: order.subject };
    if ('events' in order) await this.#vault.destroyEvents(name, order.events);
    else await this.#vault.destroy(name);
    const fin: PersonalDataErasedFin = {
      subject: order.subject,
      reason: order.reason,
      ...('reference' in order && order.reference !== undefined && { reference: order.reference }),
      ...('events' in order && { events: order.events }),
      ordered: { stream: event.stream, revision: event.revision.toString() },
    };
    const originAt = (position: bigint) => this.#origins.originOf(provider, position);
    return this.#systemLog.append({
      ...{ slug: provider, origin: await this.#origins.originOf(provider), originAt, type: 'PersonalDataErased/1', fin },
      id: uuidv5(`tallyroot:erased:1\n${event.id}`, urlNamespace),
      since: event.position,
    });
  }
}
