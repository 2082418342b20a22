import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';

/** For a process of its own: a log that nobody else reaches. */
export const open = () => new MemoryEventStore();
