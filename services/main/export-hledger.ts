import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { hledgerHeader, hledgerTransaction } from '../accounts/application/hledger-journal.ts';
import type { EventStore } from '../event-store/domain/event-store.ts';
import { prefixOf } from '../event-store/domain/stream-name.ts';

const textMax = 1024 * 1024;

/** Writes all that a provider ever posted as an hledger journal. Answers how many transactions it has. */
export async function exportHledger(store: EventStore, provider: string, path: string): Promise<number> {
  // Mode 0600: these are the books.
  const file = await open(resolve(path), 'w', 0o600);
  let count = 0;
  let text = hledgerHeader;
  try {
    for await (const event of store.readAll({ filter: { streamPrefixes: [prefixOf(provider)] } })) {
      const transaction = hledgerTransaction(event);
      if (transaction !== '') count++;
      text += transaction;
      if (text.length < textMax) continue;
      await file.write(text);
      text = '';
    }
    await file.write(text);
  } finally {
    await file.close();
  }
  return count;
}
