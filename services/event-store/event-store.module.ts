import { type DynamicModule, Module } from '@nestjs/common';
import { EVENT_STORE, type EventStore } from './domain/event-store.ts';

/** Offers the event store that the composition chose. Whoever made it disposes of it, after HTTP and before Postgres. */
@Module({})
export class EventStoreModule {
  static register(eventStore: EventStore): DynamicModule {
    return {
      module: EventStoreModule,
      global: true,
      providers: [{ provide: EVENT_STORE, useValue: eventStore }],
      exports: [EVENT_STORE],
    };
  }
}
