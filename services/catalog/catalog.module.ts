import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { EVENT_STORE, type EventStore } from '../event-store/domain/event-store.ts';
import { CatalogController } from './adapters/http/catalog.controller.ts';
import { CancelTitleHandler } from './application/cancel-title.handler.ts';
import { CatalogReader } from './application/catalog-reader.ts';
import { ListTitleHandler } from './application/list-title.handler.ts';
import { PublishPriceBookHandler } from './application/publish-price-book.handler.ts';

@Module({
  imports: [CqrsModule],
  controllers: [CatalogController],
  providers: [
    { provide: CatalogReader, useFactory: (store: EventStore) => new CatalogReader(store), inject: [EVENT_STORE] },
    PublishPriceBookHandler,
    CancelTitleHandler,
    ListTitleHandler,
  ],
  exports: [CatalogReader],
})
export class CatalogModule {}
