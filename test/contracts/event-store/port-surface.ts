import type { EventStore } from '../../../services/event-store/domain/event-store.ts';

/** All that the port offers: seven methods. What the contract leaves out on purpose is left out here. */
export const portMethods = ['append', 'dispose', 'head', 'readAll', 'readStream', 'ready', 'subscribeAll'];

/** Names of everything that can be called on a store, whatever its class has inherited. */
export function methodsOf(store: EventStore): string[] {
  const names = new Set<string>();
  for (let holder: object = store; holder !== Object.prototype; holder = Object.getPrototypeOf(holder) as object) {
    for (const name of Object.getOwnPropertyNames(holder)) names.add(name);
  }
  names.delete('constructor');
  return [...names].toSorted();
}
