import type { CommandBus } from '@nestjs/cqrs';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Accounts, accountStream } from '../../../services/accounts/application/account-command.ts';
import { CreditSettlementHandler } from '../../../services/accounts/application/credit-settlement.handler.ts';
import {
  ReverseSettlementCredit,
  ReverseSettlementCreditHandler,
} from '../../../services/accounts/application/reverse-settlement-credit.handler.ts';
import { openAccount } from '../../../services/accounts/domain/account.decider.ts';
import { account } from '../../../services/accounts/domain/account.ts';
import type { CommandExecutor } from '../../../services/commands/application/command-executor.ts';
import { EffectSubjects } from '../../../services/settlement/application/booking/effect-subjects.ts';
import type { FinalContexts } from '../../../services/settlement/application/booking/final-contexts.ts';
import { RecordingSettlementLedger } from '../../../services/settlement/application/booking/recording.settlement-ledger.ts';
import { SettlementProcess } from '../../../services/settlement/application/booking/settlement.process.ts';
import { StreamGivenSlots } from '../../../services/settlement/application/checkout/given-slots.ts';
import { StreamSlotPayments } from '../../../services/settlement/application/checkout/stream.slot-payments.ts';
import { CreditHoldings } from '../../../services/settlement/application/credit/credit-holdings.ts';
import { creditHolderStream, creditTokenStream } from '../../../services/settlement/application/credit/credit-streams.ts';
import { OlderCredit } from '../../../services/settlement/application/credit/older-credit.ts';
import { OlderCreditProcess } from '../../../services/settlement/application/credit/older-credit.process.ts';
import { CreditTokens } from '../../../services/settlement/application/credit/credit-tokens.ts';
import { dispatchStream } from '../../../services/settlement/application/sending/sending-streams.ts';
import { SettlementAlarm, type UnmatchedNotice } from '../../../services/settlement/application/settlement-alarms.ts';
import { SettlementChains } from '../../../services/settlement/application/settlement-chains.ts';
import { settlementStream, slotStream } from '../../../services/settlement/application/settlement-streams.ts';
import { accept } from '../../../services/commands/domain/decision.ts';
import type { Posting } from '../../../services/money/posting.ts';
import { finalize, observe } from '../../../services/settlement/domain/settlement.decider.ts';
import type { SettlementEvent, SettlementFinalized } from '../../../services/settlement/domain/settlement.events.ts';
import { type ChainEffect, observationKey, settlementId } from '../../../services/settlement/domain/chain-effect.ts';
import { creditHolder, nameCreditHolder } from '../../../services/settlement/domain/credit-holder.ts';
import { moveOf, spendableBy } from '../../../services/settlement/domain/credit-holding.ts';
import { creditTokens, recordCreditToken } from '../../../services/settlement/domain/credit-token.ts';
import { dispatch } from '../../../services/settlement/domain/dispatch.ts';
import { settlement, standingOf } from '../../../services/settlement/domain/settlement.ts';
import { slot } from '../../../services/settlement/domain/slot.ts';
import { moneyOf } from '../../../services/money/money.ts';
import { forEachInterleaving } from '../../support/interleavings.ts';
import { creditContract, euroCredit, holder, issued, issueOrdered, otherAccount, redeemed } from './credit.fixtures.ts';
import { block } from './effect.fixtures.ts';
import { dyingAt, LedgerWorld } from './ledger.fixtures.ts';
import { account as first, opened, place, slotOpened } from './slot.fixtures.ts';

const profile = { finality: 'tag' as const, realMoney: false, confirmations: [] };
const contracts = { registry: place.contract, settlement: place.contract };
const chains = new SettlementChains([
  { chainId: place.chainId, rpcUrls: [], contracts, codeHashes: {}, deploymentBlock: 0n, tokens: [], profile },
]);

/** Two accounts whose credit lies under one address: 50.00 EUR of the first, 30.00 EUR of the other, and an invoice of 60.50 EUR of the first. */
class SharedWorld extends LedgerWorld {
  readonly told: UnmatchedNotice[] = [];

  /** With what was bought final since this release, or since one that did not know whose credit is. */
  static async open(isOlder = false): Promise<SharedWorld> {
    const world = new SharedWorld();
    const token = { chainId: place.chainId, contract: creditContract, currency: 'EUR', decimals: '2', tx: '0x1' };
    await world.act(creditTokens, creditTokenStream('demo', place.chainId), (state) => recordCreditToken(state, token));
    for (const whose of [first, otherAccount]) {
      const opening = { account: whose, billing: 'prepaid', creditLimit: moneyOf('0', 'EUR') } as const;
      await world.act(account, accountStream('demo', whose), (state) => openAccount(state, opening));
      await world.act(creditHolder, creditHolderStream('demo', holder), (state) => nameCreditHolder(state, { holder, account: whose }));
    }
    const others = { ...issueOrdered, slot: '8', account: otherAccount, amount: '30.00', units: '3000', epoch: '85' };
    for (const data of [issueOrdered, others]) {
      await world.write(dispatch, dispatchStream('demo', `issue.${data.slot}`), { type: 'CreditIssueOrdered/1', data });
      const effect = issued({ seq: data.slot, amount: data.units, epoch: data.epoch });
      await (isOlder ? world.finalBefore(effect) : world.final(effect));
    }
    const offer = { seq: '9', chainId: place.chainId, contract: creditContract, holder, units: '6050', invoiceRef: opened.invoiceRef };
    await world.write(slot, slotStream('demo', '9'), slotOpened({ seq: '9' }), { type: 'RedemptionOffered/1', data: offer });
    return world;
  }

  /** Of one process, which waits for the gate before everything that it writes. */
  ledger(gate: () => Promise<void> = () => Promise.resolve()): RecordingSettlementLedger {
    const executor = gatedBy(gate, this.executor());
    return new RecordingSettlementLedger({
      ...{ executor, chains, providers: { slugOf: () => 'demo', providerIds: () => [] }, mandates: { of: () => Promise.resolve([]) } },
      slots: new StreamGivenSlots(this.store),
      ...{ subjects: new EffectSubjects(executor, chains), creditTokens: new CreditTokens(executor) },
      olderCredit: this.older(executor),
      contexts: { of: () => Promise.resolve({ token: euroCredit }) } as unknown as FinalContexts,
      onUnmatched: (notice) => this.told.push(notice),
    });
  }

  older(executor = this.executor()): OlderCredit {
    return new OlderCredit({ executor, store: this.store, tokens: new CreditTokens(executor) });
  }

  /** As it was written when all credit was posted to one account of the books, and nothing else said whose it was. */
  async finalBefore(effect: ChainEffect): Promise<void> {
    const subject = await new EffectSubjects(this.executor(), chains).find('demo', effect);
    const stream = settlementStream('demo', settlementId(effect));
    await this.act(settlement, stream, (state) => observe(state, { effect, subject }));
    await this.act(settlement, stream, (state) => {
      const decision = finalize(state, { observation: observationKey(effect), context: { token: euroCredit } });
      if (decision.kind !== 'accepted') return decision;
      const [{ type, data }] = decision.events;
      const postings = (data as SettlementFinalized).postings.map((posting) => ({
        ...posting,
        account: posting.account.replace(/^liability:credit:.*/, 'liability:credit'),
      }));
      return accept({ type, data: { ...data, postings } } as SettlementEvent);
    });
  }

  /** What the books owe as credit, by account and to nobody. */
  async owed(): Promise<ReadonlyMap<string, bigint>> {
    const owed = new Map<string, bigint>();
    for (const { fin } of await this.log())
      for (const { account: of, direction, amount, currency } of (fin['postings'] ?? []) as unknown as readonly Posting[]) {
        const sum = (owed.get(of) ?? 0n) + (direction === 'credit' ? 1n : -1n) * moneyOf(amount, currency).amount;
        if (of === 'liability:credit' || of.startsWith('liability:credit:')) owed.set(of, sum);
      }
    return new Map([...owed].filter(([, sum]) => sum !== 0n));
  }

  async final(effect: ChainEffect): Promise<void> {
    await this.ledger().take(effect, { head: 20n, finalized: 19n });
    await this.ledger().take(effect, { head: 20n, finalized: 19n });
  }

  async follow(): Promise<void> {
    const accounts = new Accounts(this.executor());
    const [crediting, reversing] = [new CreditSettlementHandler(accounts), new ReverseSettlementCreditHandler(accounts)];
    const bus = {
      execute: (command: never) => ((command as object) instanceof ReverseSettlementCredit ? reversing : crediting).execute(command),
    } as unknown as CommandBus;
    const process = new SettlementProcess({ bus } as unknown as ConstructorParameters<typeof SettlementProcess>[0]);
    await process.project(
      (await this.typed('SettlementFinalized/1', 'SettlementReversed/1')).filter(({ fin }) => fin['credit'] !== undefined),
    );
  }

  /** What each of the two has under the address, and in its wallet. */
  async have(): Promise<readonly bigint[]> {
    const executor = this.executor();
    const state = await new CreditHoldings(executor).at('demo', { chainId: place.chainId, contract: creditContract, holder });
    const wallets = [first, otherAccount].map(async (id) => {
      const customer = await executor.current(account, accountStream('demo', id), 'demo');
      return customer.status === 'none' ? 0n : customer.wallet;
    });
    return [...[first, otherAccount].map((id) => spendableBy(state, id, 74)), ...(await Promise.all(wallets))];
  }

  /** Whether an effect is there for good in the books, and whether the accounts were told of it. */
  async stands(effect: ChainEffect): Promise<readonly [inBooks: boolean, inHolding: boolean]> {
    const [executor, key] = [this.executor(), settlementId(effect)];
    const at = { chainId: place.chainId, contract: creditContract, holder };
    const move = moveOf(await new CreditHoldings(executor).at('demo', at), key);
    const state = await executor.current(settlement, settlementStream('demo', key), 'demo');
    return [standingOf(state) === 'finalized', move !== undefined && move.reversedAt === undefined];
  }

  paid() {
    return new StreamSlotPayments(this.store).at('demo', { chainId: place.chainId, contract: creditContract, seq: '9', holder });
  }
}

/** What became final under its hands is not lost by what was decided on something else. */
function refused(error: unknown): void {
  if (!(error instanceof SettlementAlarm)) throw error;
}

function gatedBy(gate: () => Promise<void>, executor: CommandExecutor): CommandExecutor {
  return new Proxy(executor, {
    get: (target, name) => {
      const value = Reflect.get(target, name) as (...given: unknown[]) => Promise<unknown>;
      return async (...given: unknown[]) => {
        if (name === 'execute') await gate();
        return value.apply(target, given);
      };
    },
  });
}

const spent = redeemed({ seq: '9', invoiceRef: opened.invoiceRef, amount: '6050' });
let world: SharedWorld;
beforeEach(async () => (world = await SharedWorld.open()));

describe('credit of two accounts under one address', () => {
  it('pays nothing of one with what the other bought: both have their money back, once, and the checkout is not paid', async () => {
    expect(await world.have()).toEqual([5000n, 3000n, 0n, 0n]);
    await world.ledger().take(spent, { head: 10n, finalized: 9n });
    expect(await world.paid()).toMatchObject({ standing: 'observed' });
    await world.final(spent);
    for (let times = 0; times < 2; times++) await world.follow();
    expect(await world.have()).toEqual([0n, 1950n, 50_000_000n, 10_500_000n]);
    expect(await world.paid()).toBeUndefined();
    expect(world.told).toEqual([]);
  });

  it('has it again where that block is gone by decision, and loses it once where it comes again', async () => {
    await world.final(spent);
    await world.follow();
    for (let times = 0; times < 2; times++) await world.ledger().reorged(spent, 'The chain went back.');
    await world.follow();
    expect(await world.have()).toEqual([5000n, 3000n, 0n, 0n]);
    await world.final(spent);
    await world.follow();
    expect(await world.have()).toEqual([0n, 1950n, 50_000_000n, 10_500_000n]);
    expect(await world.typed('CreditMoved/1', 'CreditMoveReversed/1')).toHaveLength(5);
  });

  it('[SET-A37] and of nobody: what a stolen minter gave out is told when it is burnt, and nobody’s money', async () => {
    await world.final(issued({ seq: '10', amount: '1000', epoch: '85' }));
    world.told.length = 0;
    await world.final(redeemed({ seq: '11', amount: '8500' }));
    await world.follow();
    expect(await world.have()).toEqual([0n, 0n, 50_000_000n, 30_000_000n]);
    expect(world.told).toMatchObject([{ reason: 'holder_unknown' }]);
  });

  it('has not what a loss would give back that is refused', async () => {
    await world.final(spent);
    const had = await world.have();
    await expect(world.ledger().reorged(spent)).rejects.toThrow(SettlementAlarm);
    expect(await world.have()).toEqual(had);
    expect(await world.stands(spent)).toEqual([true, true]);
  });

  it('nor what was lost with a block before the one that it stands in', async () => {
    const again = { ...spent, block: block(11, 'b') };
    await world.ledger().take(spent, { head: 10n, finalized: 0n });
    await world.ledger().reorged(spent);
    await world.final(again);
    const had = await world.have();
    await world.ledger().reorged(spent);
    expect(await world.have()).toEqual(had);
    expect(await world.stands(spent)).toEqual([true, true]);
  });

  it('has it by what the books have in the end, in whatever order a loss and the last word of two processes meet', async () => {
    const orders = await forEachInterleaving(async (gates) => {
      const contest = await SharedWorld.open();
      await contest.ledger().take(spent, { head: 10n, finalized: 0n });
      const finalizing = contest.ledger(gates[0]).take(spent, { head: 20n, finalized: 19n });
      const losing = contest.ledger(gates[1]).reorged(spent, 'The chain went back.').catch(refused);
      return {
        runs: [finalizing.then(() => undefined), losing],
        end: async () => {
          const [inBooks, inHolding] = await contest.stands(spent);
          expect(inHolding).toBe(inBooks);
          expect(await contest.have()).toEqual(inBooks ? [0n, 1950n, 0n, 0n] : [5000n, 3000n, 0n, 0n]);
        },
      };
    });
    expect(orders).toBeGreaterThan(5);
  });
});

describe('credit that was final before accounts were told apart', () => {
  const [mine, others] = [`liability:credit:${first}`, `liability:credit:${otherAccount}`];
  /** Of both, before the upgrade: 10.00 spent by the first for its bill, and 5.00 that nobody asked the ledger for. */
  const before = [redeemed({ seq: '9', invoiceRef: opened.invoiceRef, amount: '1000' }), redeemed({ seq: '13', amount: '500' })];
  const effects = async () =>
    new OlderCreditProcess(world.older()).project(await world.typed('SettlementFinalized/1', 'ReceiptUnmatched/1'));
  beforeEach(async () => (world = await SharedWorld.open(true)));

  it('is told to them and to the books by whose it is, once, however many do that at once', async () => {
    for (const effect of before) await world.finalBefore(effect);
    expect(await world.owed()).toEqual(new Map([['liability:credit', 65_000_000n]]));
    await Promise.all([effects(), effects()]);
    await effects();
    expect(await world.have()).toEqual([3500n, 3000n, 0n, 0n]);
    const owed = new Map([
      [mine, 35_000_000n],
      [others, 30_000_000n],
    ]);
    expect(await world.owed()).toEqual(owed);
    expect(await world.typed('CreditMoved/1')).toHaveLength(4);
  });

  it('pays what it is offered for after the upgrade, and is told before whatever comes next, though nobody did it at the start', async () => {
    const paying = redeemed({ seq: '9', invoiceRef: opened.invoiceRef, amount: '5000' });
    await world.final(paying);
    expect(await world.have()).toEqual([0n, 3000n, 0n, 0n]);
    expect(await world.owed()).toEqual(new Map([[others, 30_000_000n]]));
    expect(world.told).toEqual([]);
    expect((await world.typed('CreditMoved/1')).map(({ fin }) => fin['name'])).toEqual(['CreditIssued', 'CreditIssued', 'CreditRedeemed']);
  });

  it('goes on where a process ended, and leaves out what was taken back', async () => {
    for (const effect of before) await world.finalBefore(effect);
    await world.ledger().reorged(before[1]!, 'The chain went back.');
    for (let killedAt = 0, isThrough = false; !isThrough; killedAt++) {
      const dying = world.older(dyingAt(world.executor(), { killedAt, hadEffect: killedAt % 2 === 0 }));
      isThrough = await dying.bringUp('demo', { chainId: place.chainId, contract: creditContract }).then(
        () => true,
        () => false,
      );
    }
    expect(await world.have()).toEqual([4000n, 3000n, 0n, 0n]);
    const owed = new Map([
      [mine, 40_000_000n],
      [others, 30_000_000n],
    ]);
    expect(await world.owed()).toEqual(owed);
  });

  it('is whose it was again where a loss is decided after that', async () => {
    await world.finalBefore(before[0]!);
    await effects();
    await world.ledger().reorged(before[0]!, 'The chain went back.');
    expect(await world.have()).toEqual([5000n, 3000n, 0n, 0n]);
    const owed = new Map([
      [mine, 50_000_000n],
      [others, 30_000_000n],
    ]);
    expect(await world.owed()).toEqual(owed);
  });
});
