import type { EventStore } from '../../event-store/domain/event-store.ts';
import type { HeadMemory } from '../../integrity/application/head-store.ts';
import type { LeafStore } from '../../integrity/application/leaf-store.ts';
import type { ProviderLog } from '../../integrity/application/provider-logs.ts';
import type { Scratch } from './scratch.ts';

/** One log, and where what is known of it lies. */
export interface LogToCheck {
  readonly log: ProviderLog;
  readonly scratch: Scratch;
  readonly store: EventStore;
  readonly leaves: LeafStore;
  /** Who else knows of heads of the log. */
  readonly memory: HeadMemory;
  /** Leaves that are done, of so many. */
  readonly onProgress: (done: bigint, of: bigint) => void;
}
