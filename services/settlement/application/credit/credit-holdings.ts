import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { envelopeOf } from '../../../commands/application/envelope.ts';
import type { Decision, Rejection } from '../../../commands/domain/decision.ts';
import { settlementId } from '../../domain/chain-effect.ts';
import {
  type CreditHolding,
  creditHolding,
  type CreditMoveData,
  type CreditShare,
  moveCredit,
  moveOf,
  reverseCreditMove,
  sharesOf,
} from '../../domain/credit-holding.ts';
import type { CreditHoldingEvent } from '../../domain/credit.events.ts';
import type { SettlementObserved } from '../../domain/settlement.events.ts';
import { settlement } from '../../domain/settlement.ts';
import type { KnownToken } from '../../domain/token-amount.ts';
import { type CreditHoldingPlace, creditHoldingStream } from './credit-streams.ts';
import { isCreditEffect } from './credit-subjects.ts';

const patienceMs = 60_000;

/** What each account has of the credit under an address, from the address's own stream. */
export class CreditHoldings {
  readonly #executor: CommandExecutor;

  constructor(executor: CommandExecutor) {
    this.#executor = executor;
  }

  at(provider: string, place: CreditHoldingPlace): Promise<CreditHolding> {
    return this.#executor.current(creditHolding, creditHoldingStream(provider, place), provider);
  }

  /**
   * Whose credit an effect moves, which is about to be final. Durable when it returns, and safe to repeat; `follows` is the revision of the
   * effect that it is final after. Called in the order of the chain, in which the contract burns. With the token of what was final `older` than
   * the accounts' shares, the books are told whose it is as well.
   */
  async move(
    provider: string,
    seen: SettlementObserved,
    { follows, older }: { readonly follows: bigint; readonly older?: KnownToken | undefined },
  ): Promise<readonly CreditShare[]> {
    const data = { ...moveIn(seen), older };
    await this.#write(provider, { seen, follows, command: 'MoveCredit' }, (state) => moveCredit(state, data));
    return sharesOf(await this.at(provider, data), data.settlement);
  }

  /** Whether the accounts know of an effect, and it was not taken back since. */
  async isTold(provider: string, seen: SettlementObserved): Promise<boolean> {
    const data = moveIn(seen);
    const known = moveOf(await this.at(provider, data), data.settlement);
    return known !== undefined && known.reversedAt === undefined;
  }

  /**
   * Takes back what an effect did, where that is gone from the chain by its own stream: neither what was final changes anybody's credit then, nor
   * what was about to be. Looked at once more when it is known what would be taken back: had the effect come again since, what it did then would
   * stay. Durable when it returns, and safe to repeat.
   */
  async takeBack(provider: string, stream: string): Promise<void> {
    const state = await this.#executor.current(settlement, stream, provider);
    if (state.status !== 'reorged' || !isCreditEffect(state.seen)) return;
    const data = moveIn(state.seen);
    const { settlement: id } = data;
    const known = moveOf(await this.at(provider, data), id);
    if (known === undefined || known.reversedAt !== undefined) return;
    const now = await this.#executor.current(settlement, stream, provider);
    if (now.status !== 'reorged' || now.revision !== state.revision) return;
    const { revision } = known;
    await this.#write(provider, { seen: state.seen, follows: revision, command: 'ReverseCreditMove' }, (holding) =>
      reverseCreditMove(holding, { settlement: id, revision }),
    );
  }

  async #write(
    provider: string,
    { seen, follows, command }: { readonly seen: SettlementObserved; readonly follows: bigint; readonly command: string },
    decide: (state: CreditHolding) => Decision<CreditHoldingEvent, Rejection>,
  ): Promise<void> {
    const { settlement: id, ...place } = moveIn(seen);
    const outcome = await this.#executor.execute({
      ...{ aggregate: creditHolding, stream: creditHoldingStream(provider, place), decide },
      envelope: envelopeOf({
        ...{ provider, actor: { id: 'process:settlement-ledger', type: 'process' }, patienceMs },
        ...{ key: `${command}:${id}:${follows}`, command, body: { settlement: id, follows: follows.toString() } },
      }),
    });
    if (outcome.kind === 'rejected') throw new RangeError(`${command} of ${id} was refused: ${JSON.stringify(outcome.rejection)}`);
  }
}

function moveIn(seen: SettlementObserved): CreditMoveData {
  const { chainId, contract, block, log, credit } = seen;
  if (!isCreditEffect(seen) || !('amount' in log)) throw new RangeError(`${log.name} moves no credit.`);
  const named = log as Extract<typeof log, { readonly name: CreditMoveData['name'] }>;
  const holder = named.name === 'CreditIssued' ? named.to : named.holder;
  // What was spent on nothing was spent for nobody.
  const isFor = named.name === 'CreditRedeemed' ? credit?.slot !== undefined : credit !== undefined;
  return {
    ...{ chainId, contract, holder, settlement: settlementId(seen), name: named.name, effectiveAt: block.time, units: named.amount },
    ...('epoch' in named && { epoch: named.epoch }),
    ...(credit?.refund !== undefined && { refund: credit.refund }),
    account: isFor ? credit?.account : undefined,
  };
}
