import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { EVENT_STORE, type EventStore } from '../event-store/domain/event-store.ts';
import { ApiKeyGuard } from './adapters/http/api-key.guard.ts';
import { AuditorKeysController } from './adapters/http/auditor-keys.controller.ts';
import { AuditorKeysViewController } from './adapters/http/auditor-keys-view.controller.ts';
import { CustomerKeysController } from './adapters/http/customer-keys.controller.ts';
import { EntryAccessController } from './adapters/http/entry-access.controller.ts';
import { ProvidersController } from './adapters/http/providers.controller.ts';
import { PostgresApiKeyStore } from './adapters/postgres/api-key-store.ts';
import { ACCOUNT_DIRECTORY } from './application/account-directory.ts';
import { ACCESS_SECRET, API_KEY_STORE } from './application/api-key.ts';
import { ApiKeyIssuer } from './application/api-key-issuer.ts';
import { Authenticator } from './application/authenticator.ts';
import { EntryAccessQuery } from './application/entry-access-query.ts';
import { LOG_OPENER, type LogOpener } from './application/log-opener.ts';
import { PROVIDER_DIRECTORY } from './application/provider-directory.ts';
import { RegisterProviderHandler } from './application/register-provider.handler.ts';
import { SetEntryAccessHandler } from './application/set-entry-access.handler.ts';
import { StreamAccountDirectory } from './application/stream-account-directory.ts';
import { StreamProviderDirectory } from './application/stream-provider-directory.ts';

export interface AccessPorts {
  readonly logs: LogOpener;
  /** 32 bytes from which the installation's tokens are derived. */
  readonly secret: Uint8Array;
}

@Module({
  imports: [CqrsModule],
  controllers: [ProvidersController, CustomerKeysController, AuditorKeysController, AuditorKeysViewController, EntryAccessController],
  providers: [
    { provide: API_KEY_STORE, useClass: PostgresApiKeyStore },
    { provide: APP_GUARD, useClass: ApiKeyGuard },
    { provide: PROVIDER_DIRECTORY, useFactory: (store: EventStore) => new StreamProviderDirectory(store), inject: [EVENT_STORE] },
    { provide: ACCOUNT_DIRECTORY, useFactory: (store: EventStore) => new StreamAccountDirectory(store), inject: [EVENT_STORE] },
    { provide: EntryAccessQuery, useFactory: (store: EventStore) => new EntryAccessQuery(store), inject: [EVENT_STORE] },
    Authenticator,
    ApiKeyIssuer,
    RegisterProviderHandler,
    SetEntryAccessHandler,
  ],
  exports: [Authenticator, ApiKeyIssuer, PROVIDER_DIRECTORY],
})
export class AccessModule {
  static register({ logs, secret }: AccessPorts): DynamicModule {
    return {
      module: AccessModule,
      providers: [
        { provide: LOG_OPENER, useValue: logs },
        { provide: ACCESS_SECRET, useValue: secret },
      ],
    };
  }
}
