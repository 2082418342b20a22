import type { Persons } from './persons.ts';
import type { VaultRow, VaultStore } from './vault-store.ts';

/** No command is tried for so long: what is not in the stream by then will not come, unless somebody repeats the command. */
const ageMsMin = 86_400_000;
const rowsAtOnce = 500;

/** Deletes personal data whose event was never written: a crash came between the vault and the log. */
export class OrphanSweep {
  readonly #vault: VaultStore;
  readonly #persons: Persons;

  constructor(vault: VaultStore, persons: Persons) {
    this.#vault = vault;
    this.#persons = persons;
  }

  /** Answers how many were orphans. A writer that comes back to a row while this looks at its stream keeps it. */
  async run(now: string): Promise<number> {
    const keptBefore = new Date(Date.parse(now) - ageMsMin);
    for (let orphans = 0; ;) {
      const rows = await this.#vault.unconfirmed(keptBefore, rowsAtOnce);
      if (rows.length === 0) return orphans;
      for (const [stream, some] of Map.groupBy(rows, (row) => row.stream)) orphans += await this.#sweep(stream, some, keptBefore);
    }
  }

  async #sweep(stream: string, rows: readonly VaultRow[], keptBefore: Date): Promise<number> {
    const written = new Set<string>();
    for await (const { id } of this.#persons.stream(stream)) written.add(id);
    const orphans = rows.filter(({ event }) => !written.has(event));
    await this.#vault.confirm(rows.filter(({ event }) => written.has(event)));
    for (const orphan of orphans) await this.#vault.deleteUnneeded(orphan, keptBefore);
    return orphans.length;
  }
}
