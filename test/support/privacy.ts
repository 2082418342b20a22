import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { openAccount } from '../../services/accounts/domain/account.decider.ts';
import { account } from '../../services/accounts/domain/account.ts';
import type { EventStore } from '../../services/event-store/domain/event-store.ts';
import type { AppendRequest } from '../../services/event-store/domain/event-store.ts';
import { MemoryEventStore } from '../../services/event-store/adapters/memory/memory.event-store.ts';
import { SystemLog } from '../../services/integrity/application/system-log.ts';
import { WrappingKeyFile } from '../../services/privacy/adapters/keys/wrapping-key-file.ts';
import { PostgresVaultStore } from '../../services/privacy/adapters/postgres/postgres.vault-store.ts';
import { DueErasures } from '../../services/privacy/application/due-erasures.ts';
import { ErasePersonalData, ErasePersonalDataHandler } from '../../services/privacy/application/erase-personal-data.handler.ts';
import { ErasureProcess } from '../../services/privacy/application/erasure.process.ts';
import { Erasures } from '../../services/privacy/application/erasures.ts';
import { OrphanSweep } from '../../services/privacy/application/orphan-sweep.ts';
import { PersonDecisions } from '../../services/privacy/application/person-command.ts';
import { PersonalDataQuery } from '../../services/privacy/application/personal-data-query.ts';
import { Persons } from '../../services/privacy/application/persons.ts';
import { RecordPersonalData, RecordPersonalDataHandler } from '../../services/privacy/application/record-personal-data.handler.ts';
import { RetentionRuns } from '../../services/privacy/application/retention-runs.ts';
import { Vault } from '../../services/privacy/application/vault.ts';
import type { PersonalData } from '../../services/privacy/domain/personal-data.ts';
import { EventReader } from '../../services/read-store/event-reader.ts';
import { eventTypes } from '../../services/main/event-types.ts';
import { eur } from '../unit/accounts/account.fixtures.ts';
import { envelope, executionOn, origin } from './execution.ts';

/** A process that holds personal data, put together anew as often as one dies. */
export interface PrivacyProcess {
  readonly vault: Vault;
  readonly store: PostgresVaultStore;
  readonly persons: Persons;
  readonly query: PersonalDataQuery;
  readonly sweep: OrphanSweep;
  readonly runs: RetentionRuns;
  /** What the service's clock says. */
  readonly clock: { time: string };
  open(id: string): Promise<void>;
  record(id: string, data: PersonalData, key?: string): ReturnType<RecordPersonalDataHandler['execute']>;
  erase(id: string, key?: string): ReturnType<ErasePersonalDataHandler['execute']>;
  /** Comes by every event, as the process of the service does. */
  followOrders(): Promise<void>;
}

export function privacyOn({ pool, events, keyFile }: { pool: pg.Pool; events: EventStore; keyFile: string }): PrivacyProcess {
  const store = new PostgresVaultStore(pool);
  const vault = new Vault(store, new WrappingKeyFile(keyFile));
  const persons = new Persons(events);
  const { executor } = executionOn(events);
  const clock = { time: '2026-03-02T00:00:00.000Z', now: () => clock.time };
  const erasures = new Erasures(vault, new SystemLog(events, clock), { originOf: () => Promise.resolve(origin) });
  const decisions = new PersonDecisions(executor, persons);
  const recording = new RecordPersonalDataHandler(decisions, persons, vault);
  const erasing = new ErasePersonalDataHandler(decisions, erasures);
  const reader = new EventReader({ types: eventTypes });
  return {
    ...{ vault, store, persons, clock, query: new PersonalDataQuery(persons, vault), sweep: new OrphanSweep(store, persons) },
    runs: new RetentionRuns({ executor, persons, due: new DueErasures(persons, store), erasures, clock }),
    async open(id) {
      const opening = (state: Parameters<typeof openAccount>[0]) =>
        openAccount(state, { account: id, billing: 'prepaid', creditLimit: eur('0') });
      await executor.execute({ aggregate: account, stream: `demo.account-${id}`, envelope: envelope(`open ${id}`), decide: opening });
    },
    record: (id, data, key = JSON.stringify(data)) =>
      recording.execute(new RecordPersonalData(envelope(`record ${id} ${key}`, { body: { id } }), id, data)),
    erase: (id, key = '') => erasing.execute(new ErasePersonalData(envelope(`erase ${id} ${key}`), id, { reason: 'subject_request' })),
    async followOrders() {
      const process = new ErasureProcess(erasures);
      const ordered = [];
      for await (const stored of events.readAll({ filter: process.filter })) ordered.push(reader.read(stored)!);
      await process.project(ordered);
    },
  };
}

/** Thrown where a process dies: nothing catches it. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/** One write from now on: which, and whether it is done before the process dies. */
export interface PlannedCrash {
  readonly write: string;
  readonly isDone: boolean;
}

/** Passes writes on and dies at one of them: of the pool by the name of the statement, of the event store by the type of the event. */
export class CrashingPlaces {
  readonly events: EventStore;
  readonly pool: pg.Pool;
  crash: PlannedCrash | undefined;
  /** Every write that was begun. */
  readonly writes: string[] = [];

  constructor(pool: pg.Pool, events: EventStore = new MemoryEventStore({ stride: () => 3n })) {
    this.pool = this.#intercept(pool, 'query', ([{ name }]) => name as string);
    this.events = this.#intercept(events, 'append', ([request]) => (request as unknown as AppendRequest).events[0]!.type);
  }

  #intercept<Target extends object>(target: Target, method: string, nameOf: (args: [{ name?: string }]) => string): Target {
    const call = async (...args: [{ name?: string }]): Promise<unknown> => {
      const write = nameOf(args);
      this.writes.push(write);
      const crash = this.crash?.write === write ? this.crash : undefined;
      if (crash !== undefined) this.crash = undefined;
      if (crash?.isDone === false) throw new Crash(write);
      const answer: unknown = await (target as Record<string, (...all: unknown[]) => unknown>)[method]!(...args);
      if (crash !== undefined) throw new Crash(write);
      return answer;
    };
    return new Proxy(target, {
      get: (inner, name) => {
        if (name === method) return call;
        const value: unknown = Reflect.get(inner, name);
        return typeof value === 'function' ? (value.bind(inner) as unknown) : value;
      },
    });
  }
}

export async function temporaryKeyFile(): Promise<{ path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'tallyroot-keys-'));
  return { path: join(folder, 'personal-data.keys'), remove: () => rm(folder, { recursive: true, force: true }) };
}
