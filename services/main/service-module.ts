import type { DynamicModule, Type } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import type { Pool } from 'pg';
import { AccessModule, type AccessPorts } from '../access/access.module.ts';
import { AccountsModule } from '../accounts/accounts.module.ts';
import { CatalogModule } from '../catalog/catalog.module.ts';
import { CommandsModule, type CommandsPorts } from '../commands/commands.module.ts';
import type { EventStore } from '../event-store/domain/event-store.ts';
import { EventStoreModule } from '../event-store/event-store.module.ts';
import { InvoicingModule } from '../invoicing/invoicing.module.ts';
import type { ProjectionProgress } from '../read-store/projection-progress.ts';
import { ReadStoreModule } from '../read-store/read-store.module.ts';

export interface ServiceModuleParts {
  readonly eventStore: EventStore;
  readonly pool: Pool;
  readonly progress: ProjectionProgress;
  readonly commands: CommandsPorts;
  readonly access: AccessPorts;
  /** Modules that need what only the composition knows: logs, read models, health. */
  readonly others: readonly (DynamicModule | Type)[];
}

class ServiceModule {}

/** Every capability in one Nest application. */
export function serviceModule({ eventStore, pool, progress, commands, access, others }: ServiceModuleParts): DynamicModule {
  return {
    module: ServiceModule,
    imports: [
      CqrsModule.forRoot(),
      EventStoreModule.register(eventStore),
      ReadStoreModule.register({ pool, progress }),
      CommandsModule.register(commands),
      AccessModule.register(access),
      AccountsModule,
      CatalogModule,
      InvoicingModule,
      ...others,
    ],
  };
}
