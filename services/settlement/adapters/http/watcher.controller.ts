import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ForRoles, Public } from '../../../access/adapters/http/principal.decorator.ts';
import { CLOCK, type Clock } from '../../../commands/application/clock.ts';
import { ProblemResponse } from '../../../http/problem-response.decorator.ts';
import { creditComparison, RECONCILIATIONS, type ReconciliationStore } from '../../application/reconciling/reconciliation-store.ts';
import { WATCHER_HALTS, type WatcherHalts } from '../../application/watching/watcher-halts.ts';
import { WATCHER_STATUSES, type WatcherStatusStore } from '../../application/watching/watcher-status.ts';
import { Watcher } from '../../application/watching/watcher.ts';
import { isSound } from '../../domain/reconciliation.ts';
import { differenceBodyOf, overdueBodyOf } from './reconciliation.bodies.ts';
import { chainBodyOf, haltBodyOf, ReadyBody, readyBodyOf, WatcherBody } from './watcher.bodies.ts';

/** Of halts that were lifted, so many are shown. */
const liftedMax = 20;

/** How it goes with the chains that providers are paid on: for the operator, and for whoever restarts processes. */
@ApiTags('settlement')
@Controller()
export class WatcherController {
  readonly #statuses: WatcherStatusStore;
  readonly #halts: WatcherHalts;
  readonly #watcher: Watcher;
  readonly #reconciliations: ReconciliationStore;
  readonly #clock: Clock;

  constructor(
    @Inject(WATCHER_STATUSES) statuses: WatcherStatusStore,
    @Inject(WATCHER_HALTS) halts: WatcherHalts,
    @Inject(Watcher) watcher: Watcher,
    @Inject(RECONCILIATIONS) reconciliations: ReconciliationStore,
    @Inject(CLOCK) clock: Clock,
  ) {
    [this.#statuses, this.#halts, this.#watcher, this.#reconciliations] = [statuses, halts, watcher, reconciliations];
    this.#clock = clock;
  }

  @ApiOperation({
    summary: 'How it goes with every chain that providers are paid on: state, alarms, nodes, and how far its contracts were read.',
  })
  @Get('v1/settlement/watcher')
  @ApiBearerAuth()
  @ForRoles('operator')
  @ProblemResponse(401, 'No valid API key.')
  @ProblemResponse(403, 'The API key is for another role.')
  @ProblemResponse(503, 'The ledger cannot be reached; repeat after the seconds of Retry-After.')
  @ApiOkResponse({ type: WatcherBody })
  async show(): Promise<WatcherBody> {
    const [told, progress, halts] = [await this.#statuses.told(), await this.#statuses.progress(), await this.#halts.all(liftedMax)];
    // A chain that is configured no more is nobody's concern, whatever was found on it last.
    const chainIds = this.#watcher.chainIds();
    const differences = (await this.#reconciliations.latest(chainIds)).filter((latest) => !isSound(latest));
    const overdue = (await this.#reconciliations.standings()).filter(
      ({ what, dueBy }) => (what === creditComparison || chainIds.includes(what)) && dueBy <= new Date(this.#clock.now()),
    );
    return {
      healthy: told.every(({ alarm }) => alarm === undefined) && differences.length === 0 && overdue.length === 0,
      chains: told.map((status) => chainBodyOf(status, progress)),
      halts: halts.map(haltBodyOf),
      differences: differences.map(differenceBodyOf),
      overdue: overdue.map(overdueBodyOf),
    };
  }

  @ApiOperation({
    summary: 'Whether this process does what it is there for. A chain with an alarm, such as nodes that stand still, makes it unready.',
  })
  @Get('ready')
  @Public()
  @ApiOkResponse({ type: ReadyBody })
  @ApiServiceUnavailableResponse({ type: ReadyBody })
  ready(@Res({ passthrough: true }) reply: FastifyReply): ReadyBody {
    const body = readyBodyOf(this.#watcher.statuses());
    if (!body.ready) void reply.status(503);
    return body;
  }
}
