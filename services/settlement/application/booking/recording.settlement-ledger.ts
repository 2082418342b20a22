import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { envelopeOf } from '../../../commands/application/envelope.ts';
import { repeated } from '../../../commands/domain/decision.ts';
import { type ChainEffect, observationKey, settlementId } from '../../domain/chain-effect.ts';
import type { ConfirmationRule } from '../../domain/confirmation-policy.ts';
import { confirm, finalize, observe, reorg, reverse } from '../../domain/settlement.decider.ts';
import type { SettlementFinalized, UnmatchedReason } from '../../domain/settlement.events.ts';
import { nextStep } from '../../domain/settlement-steps.ts';
import { type Settlement, settlement, standingOf, standsAs } from '../../domain/settlement.ts';
import { CreditHoldings } from '../credit/credit-holdings.ts';
import { isCreditEffect } from '../credit/credit-subjects.ts';
import type { CreditTokens } from '../credit/credit-tokens.ts';
import type { OlderCredit } from '../credit/older-credit.ts';
import type { EffectSubjects } from './effect-subjects.ts';
import type { FinalContexts } from './final-contexts.ts';
import type { GivenSlots } from '../checkout/given-slots.ts';
import type { MandateOwners } from '../mandates/mandate-owners.ts';
import { MandateRevocations } from '../mandates/mandate-revocations.ts';
import type { ProviderDirectory } from '../provider-directory.ts';
import { type OnUnmatched, SettlementAlarm } from '../settlement-alarms.ts';
import type { SettlementChains } from '../settlement-chains.ts';
import type { ChainHeads, EffectStanding, MandateEnd, SettlementLedger } from '../watching/settlement-ledger.ts';
import { settlementStream } from '../settlement-streams.ts';

export interface RecordingLedgerOptions {
  readonly executor: CommandExecutor;
  readonly chains: SettlementChains;
  readonly providers: ProviderDirectory;
  readonly slots: GivenSlots;
  readonly mandates: MandateOwners;
  readonly subjects: EffectSubjects;
  readonly contexts: FinalContexts;
  readonly creditTokens: CreditTokens;
  readonly olderCredit: OlderCredit;
  readonly onUnmatched: OnUnmatched;
}

type Step = 'observe' | 'confirm' | 'finalize' | 'reorg' | 'reverse';

/** What a step needs beside the effect. */
interface Given {
  readonly heads?: ChainHeads;
  readonly reason?: string | undefined;
}

interface Place {
  readonly provider: string;
  readonly stream: string;
  readonly effect: ChainEffect;
}

/** What only somebody with a key of the provider could have done. */
const keyReasons: readonly string[] = [
  'quote_unknown',
  'refund_unknown',
  'issue_unknown',
  'credit_refund_unknown',
] satisfies UnmatchedReason[];

const patienceMs = 60_000;
/** An effect has three steps; more than a few losses of the race against another process mean that something is wrong. */
const stepsMax = 10;

/** Writes what the chain shows into the log, one command a step; each step names the revision that it follows, so that A, B, A is three. */
export class RecordingSettlementLedger implements SettlementLedger {
  readonly #options: RecordingLedgerOptions;
  readonly #revocations: MandateRevocations;
  readonly #holdings: CreditHoldings;

  constructor(options: RecordingLedgerOptions) {
    this.#options = options;
    this.#holdings = new CreditHoldings(options.executor);
    this.#revocations = new MandateRevocations(options.executor, options.mandates);
  }

  async providers(): Promise<readonly string[]> {
    return [...this.#options.providers.providerIds()];
  }

  async lastSlot(providerId: string): Promise<bigint> {
    const provider = this.#options.providers.slugOf(providerId);
    return provider === undefined ? 0n : this.#options.slots.last(provider);
  }

  async take(effect: ChainEffect, heads: ChainHeads): Promise<EffectStanding> {
    const place = this.#placeOf(effect);
    if (place === undefined) return 'ignored';
    for (let steps = 0; steps < stepsMax; steps++) {
      const state = await this.#current(place);
      const step = nextStep(state, effect, heads, this.#rulesOf(effect));
      if (step === undefined) return standingOf(state) as EffectStanding;
      await this.#write(step, place, state, { heads });
    }
    throw new RangeError(`${place.stream} does not come to rest.`);
  }

  async reorged(effect: ChainEffect, reason?: string): Promise<void> {
    const place = this.#placeOf(effect);
    if (place === undefined) return;
    const state = await this.#current(place);
    if (state.status === 'none') return; // It was lost before anything was written of it.
    const isFinal = standingOf(state) === 'finalized' && (reason !== undefined || standsAs(state, observationKey(effect)));
    if (isFinal) await this.#write('reverse', place, state, { reason });
    else await this.#write('reorg', place, state);
  }

  mandatesRevoked(ends: readonly MandateEnd[]): Promise<void> {
    return this.#revocations.note(ends);
  }

  #placeOf(effect: ChainEffect): Place | undefined {
    const provider = this.#options.providers.slugOf(effect.providerId);
    return provider === undefined ? undefined : { provider, effect, stream: settlementStream(provider, settlementId(effect)) };
  }

  #current({ stream, provider }: Place): Promise<Settlement> {
    return this.#options.executor.current(settlement, stream, provider);
  }

  #rulesOf({ chainId }: ChainEffect): readonly ConfirmationRule[] {
    return this.#options.chains.find(chainId)?.profile.confirmations ?? [];
  }

  async #write(step: Step, place: Place, state: Settlement, given: Given = {}): Promise<void> {
    const { provider, stream, effect } = place;
    const observation = observationKey(effect);
    const follows = state.status === 'none' ? 'none' : state.revision.toString();
    const envelope = envelopeOf({
      provider,
      actor: { id: 'process:settlement-ledger', type: 'process' },
      key: `${step}:${observation}:${follows}`,
      command: 'RecordSettlement',
      body: { step, observation, follows },
      patienceMs,
    });
    const decide = await this.#decision(step, place, state, given);
    const outcome = await this.#options.executor.execute({ aggregate: settlement, stream, envelope, decide });
    if (outcome.kind === 'accepted') {
      this.#tell(place, outcome.answer);
      // Whether it was taken back at all is known only now. A process that ends here is told of the loss again.
      if (isCreditEffect(effect) && (step === 'reorg' || step === 'reverse' || outcome.answer.replayed))
        await this.#holdings.takeBack(provider, stream);
      return;
    }
    const { rejection } = outcome;
    if (rejection.code === 'idempotency_key_reused' || rejection.code === 'revision_mismatch')
      throw new RangeError(JSON.stringify(rejection));
    throw new SettlementAlarm(stream, effect, rejection);
  }

  /** What a decision needs is gathered before it: a decider waits for nothing. */
  async #decision(step: Step, { provider, effect }: Place, state: Settlement, { heads, reason }: Given) {
    const observation = observationKey(effect);
    if (step === 'observe') {
      const subject = await this.#options.subjects.find(provider, effect);
      return (now: Settlement) => observe(now, { effect, subject });
    }
    if (step === 'reverse') return (now: Settlement, effectiveAt: string) => reverse(now, { reason, effectiveAt });
    if (step === 'reorg' || state.status === 'none') return (now: Settlement) => reorg(now, observation);
    if (step === 'confirm') {
      const head = String(heads?.head);
      return (now: Settlement) => confirm(now, { observation, head });
    }
    if (effect.log.name === 'CreditCreated') await this.#options.creditTokens.record(provider, effect, effect.log);
    const context = await this.#options.contexts.of(provider, state.seen);
    if (!isCreditEffect(effect)) return (now: Settlement) => finalize(now, { observation, context });
    const { revision } = state;
    await this.#options.olderCredit.bringUp(provider, effect);
    const creditShares = await this.#holdings.move(provider, state.seen, { follows: revision });
    // What another process has taken back or written meanwhile is looked at anew: these shares are of what stood then.
    return (now: Settlement) =>
      'revision' in now && now.revision !== revision
        ? repeated(now.revision)
        : finalize(now, { observation, context: { ...context, creditShares } });
  }

  #tell(
    { provider, stream, effect }: Place,
    { events, replayed }: { readonly events: readonly { type: string; data: object }[]; readonly replayed: boolean },
  ) {
    for (const { type, data } of events) {
      if (replayed) continue;
      // Coins left the treasury, and no transaction of its own shows where to.
      if (type === 'TreasuryMoved/1' && effect.log.name === 'NativeMoved' && effect.log.cause === undefined)
        this.#options.onUnmatched({ provider, stream, reason: 'coins_left', isKeySuspect: false });
      // A part of what was burnt was credit that the ledger never ordered.
      if (
        type === 'SettlementFinalized/1' &&
        (data as SettlementFinalized).credit?.shares?.some(({ account }) => account === undefined) === true
      )
        this.#options.onUnmatched({ provider, stream, reason: 'holder_unknown', isKeySuspect: false });
      if (type !== 'ReceiptUnmatched/1') continue;
      const { reason } = data as { readonly reason: string };
      this.#options.onUnmatched({ provider, stream, reason, isKeySuspect: keyReasons.includes(reason) });
    }
  }
}
