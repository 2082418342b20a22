import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandBus } from '@nestjs/cqrs';
import type { ApiKeyIssuer } from '../access/application/api-key-issuer.ts';
import { RegisterProvider } from '../access/application/register-provider.handler.ts';
import { envelopeOf } from '../commands/application/envelope.ts';
import { commandIdOf, createdIdOf } from '../commands/application/command-id.ts';
import { LogBehindFault } from '../commands/application/log-guard.ts';

/** The provider that a local installation begins with. */
export const localProvider = { slug: 'demo', name: 'Demo provider' } as const;

/** Ids of the keys that every local start hands out again; derived, so that each start finds the same. */
export const localKeys = { provider: localKeyId('provider'), operator: localKeyId('operator') } as const;

export interface LocalAccess {
  readonly bus: CommandBus;
  readonly keys: ApiKeyIssuer;
  readonly dataFolder: string;
  /** Whether the provider has a log. */
  readonly isOpened: (slug: string) => Promise<boolean>;
}

/** Where the tokens of a local installation lie, mode 0600. */
export interface LocalKeyFiles {
  readonly apiKey: string;
  readonly operatorKey: string;
}

/** Makes the local provider and both keys, and writes the tokens into the data folder. Safe to repeat at every start. */
export async function openLocalProvider({ bus, keys, dataFolder, isOpened }: LocalAccess): Promise<LocalKeyFiles> {
  try {
    await register(bus);
  } catch (error) {
    // A log that was set back takes no command; what it holds can be read, and the provider is registered.
    if (!(error instanceof LogBehindFault) || !(await isOpened(localProvider.slug))) throw error;
  }
  const files = { apiKey: join(dataFolder, 'api-key'), operatorKey: join(dataFolder, 'operator-key') };
  const token = await keys.issue({ id: localKeys.provider, provider: localProvider.slug, role: 'provider' });
  await writeFile(files.apiKey, `${token}\n`, { mode: 0o600 });
  const operatorToken = await keys.issue({ id: localKeys.operator, provider: '', role: 'operator' });
  await writeFile(files.operatorKey, `${operatorToken}\n`, { mode: 0o600 });
  return files;
}

async function register(bus: CommandBus): Promise<void> {
  const { slug, name } = localProvider;
  const envelope = envelopeOf({
    provider: slug,
    actor: { id: 'process:local-start', type: 'process' },
    key: `register:${slug}`,
    command: 'RegisterProvider',
    body: { name, slug },
    patienceMs: 60_000,
  });
  const outcome = await bus.execute(new RegisterProvider(envelope, { provider: slug, name }));
  if (outcome.kind === 'rejected') throw new Error(`The local provider cannot be registered: ${JSON.stringify(outcome.rejection)}`);
}

function localKeyId(role: string): string {
  return createdIdOf(commandIdOf({ provider: 'local', principal: 'process:local-start', key: role }), 'key_');
}
