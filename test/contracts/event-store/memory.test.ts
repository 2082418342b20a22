import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { describeAppend } from './append.contract.ts';
import type { Engine } from './engine.ts';
import { describeReads } from './reads.contract.ts';
import { describeShapes } from './shapes.contract.ts';
import { describeSubscriptions } from './subscriptions.contract.ts';

const engine: Engine = {
  name: 'memory',
  async open() {
    const store = new MemoryEventStore({ stride: () => 1n + BigInt(Math.floor(Math.random() * 5)) });
    return { store, second: undefined, close: () => store.dispose() };
  },
};

describeAppend(engine);
describeShapes(engine);
describeReads(engine);
describeSubscriptions(engine);
