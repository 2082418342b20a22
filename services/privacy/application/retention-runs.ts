import type { CommandAnswer, Outcome } from '../../commands/application/answer.ts';
import type { Clock } from '../../commands/application/clock.ts';
import type { CommandExecutor } from '../../commands/application/command-executor.ts';
import { type Envelope, envelopeOf } from '../../commands/application/envelope.ts';
import { stateFrom } from '../../commands/application/live-aggregate.ts';
import type { Decision } from '../../commands/domain/decision.ts';
import { streamName } from '../../event-store/domain/stream-name.ts';
import { orderErasure, orderSupersededErasure, type PersonRejection } from '../domain/person.decider.ts';
import type { ErasureOrdered, PersonEvent, SupersededErasureOrdered } from '../domain/person.events.ts';
import { type Person, person } from '../domain/person.ts';
import {
  completeRun,
  type OpenPlan,
  planRun,
  publishSchedule,
  retention,
  type Retention,
  type RetentionRejection,
} from '../domain/retention.ts';
import type { DueErasure, RetentionEvent, RetentionSchedulePublished } from '../domain/retention.events.ts';
import type { DueErasures } from './due-erasures.ts';
import type { Erasures } from './erasures.ts';
import { type Persons, personStream } from './persons.ts';

export interface RetentionRunsParts {
  readonly executor: CommandExecutor;
  readonly persons: Persons;
  readonly due: DueErasures;
  readonly erasures: Erasures;
  readonly clock: Clock;
}

/** One plan holds at most so many erasures: well below the store's limit of 1 MiB. */
export const duePerPlanMax = 500;
const reason = 'retention_period';
const patienceMs = 60_000;

export function retentionStream(provider: string): string {
  return streamName({ slug: provider, kind: 'retention', id: '0' });
}

/**
 * Keeps a schedule of retention: what is due is written down first, then erased, then said to be done. A crash at any point leaves a plan
 * that the next run, whoever starts it, carries out before its own.
 */
export class RetentionRuns {
  readonly #parts: RetentionRunsParts;

  constructor(parts: RetentionRunsParts) {
    this.#parts = parts;
  }

  publish(envelope: Envelope, schedule: RetentionSchedulePublished): Promise<Outcome<RetentionRejection>> {
    return this.#decide(envelope, (state) => publishSchedule(state, schedule));
  }

  /** Answers the plan, which is carried out by then. */
  async run(envelope: Envelope): Promise<Outcome<RetentionRejection>> {
    const { provider } = envelope;
    const state = await this.current(provider);
    if (state.status === 'none') return { kind: 'rejected', rejection: { code: 'retention_schedule_not_found' } };
    if (state.plan !== undefined) await this.#carryOut(provider, state.plan, state.schedule);
    const asOf = this.#parts.clock.now();
    const due = await this.#parts.due.find(provider, state.schedule, asOf, duePerPlanMax);
    const planned = await this.#decide(envelope, (latest) => planRun(latest, { asOf, due }));
    const after = await this.current(provider);
    // A repeat finds its plan done, or does it now.
    if (planned.kind === 'accepted' && after.status === 'scheduled' && after.plan !== undefined)
      await this.#carryOut(provider, after.plan, after.schedule);
    return planned;
  }

  /** Straight from the stream: another process may have run since. */
  async current(provider: string): Promise<Retention> {
    return stateFrom(retention, this.#parts.persons.stream(retentionStream(provider)));
  }

  async #carryOut(provider: string, { id, revision, data }: OpenPlan, schedule: RetentionSchedulePublished): Promise<void> {
    const erased: string[] = [];
    const kept: string[] = [];
    for (const each of data.due) ((await this.#erase(provider, id, each, schedule, data.asOf)) ? erased : kept).push(each.subject);
    const body = { plan: revision.toString(), erased, kept };
    const outcome = await this.#decide(processEnvelope(provider, `completed:${id}`, 'CompleteRetentionRun', { plan: body.plan }), (state) =>
      completeRun(state, body),
    );
    if (outcome.kind === 'rejected') throw new Error(`The retention run ${id} was refused: ${JSON.stringify(outcome.rejection)}`);
  }

  async #erase(provider: string, plan: string, due: DueErasure, schedule: RetentionSchedulePublished, asOf: string): Promise<boolean> {
    const { account, subject, events, kind } = due;
    const envelope = processEnvelope(provider, `erase:${plan}:${subject}:${kind}`, 'EraseByRetention', { subject, kind });
    const isStillDue = await this.#parts.due.isStillDue(provider, due, schedule, asOf);
    const outcome = await this.#parts.executor.execute<Person, PersonEvent, PersonRejection>({
      aggregate: person,
      stream: personStream(provider, subject),
      envelope,
      decide: (state) => {
        if (!isStillDue) return { kind: 'rejected', rejection: { code: 'personal_data_not_found' } };
        if (events !== undefined) return orderSupersededErasure(state, { account, subject }, { reason, events });
        return orderErasure(state, { account, subject, reason });
      },
    });
    if (outcome.kind === 'rejected') return false;
    await this.#carryOutOrder(provider, outcome.answer);
    return true;
  }

  async #carryOutOrder(provider: string, { events, stream, position }: CommandAnswer): Promise<void> {
    const [{ id, revision, data }] = events as [CommandAnswer['events'][number]];
    const order = data as ErasureOrdered | SupersededErasureOrdered;
    await this.#parts.erasures.carryOut({ provider, order, event: { id, stream, revision, position } });
  }

  #decide(
    envelope: Envelope,
    decide: (state: Retention) => Decision<RetentionEvent, RetentionRejection>,
  ): Promise<Outcome<RetentionRejection>> {
    return this.#parts.executor.execute({ aggregate: retention, stream: retentionStream(envelope.provider), envelope, decide });
  }
}

function processEnvelope(provider: string, key: string, command: string, body: { readonly [name: string]: string }): Envelope {
  return envelopeOf({ provider, actor: { id: 'process:retention', type: 'process' }, key, command, body, patienceMs });
}
