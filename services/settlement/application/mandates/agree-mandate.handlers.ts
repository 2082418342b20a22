import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Outcome } from '../../../commands/application/answer.ts';
import { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { reject } from '../../../commands/domain/decision.ts';
import { isRevokedByPayer, isSignedByPayer, mandateDigest, revocationDigest } from '../../domain/mandate-terms.ts';
import { noteRevocation, revokeMandate, signMandate } from '../../domain/mandate.decider.ts';
import { type Mandate, mandate } from '../../domain/mandate.ts';
import { MANDATE_DESK, type MandateDesk } from './mandate-desk.ts';
import { MandateCommand, type MandateCommandRejection } from './mandate-command.ts';
import { mandateStream } from '../sending/sending-streams.ts';

/** `revoke`: the signature is over the end of the mandate. */
export class SignMandate extends MandateCommand<{ readonly mandate: string; readonly signature: string; readonly revoke: boolean }> {}
/** The payer's wallet has sent its approval, or its revocation, to the contract itself. */
export class NoteMandate extends MandateCommand<{ readonly mandate: string }> {}

/** A key's signature proves itself. Only for a wallet that is a contract is its chain asked, before the decision and not in it. */
@CommandHandler(SignMandate)
export class SignMandateHandler implements ICommandHandler<SignMandate> {
  readonly #executor: CommandExecutor;
  readonly #desk: MandateDesk;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor, @Inject(MANDATE_DESK) desk: MandateDesk) {
    this.#executor = executor;
    this.#desk = desk;
  }

  async execute({ envelope, data }: SignMandate): Promise<Outcome<MandateCommandRejection>> {
    const { provider } = envelope;
    const { signature, revoke } = data;
    const stream = mandateStream(provider, data.mandate);
    const known = await this.#executor.current(mandate, stream, provider);
    const isVerifiedOnChain = await this.#isSignedByContract(known, { signature, revoke });
    return this.#executor.execute({
      ...{ aggregate: mandate, stream, envelope },
      decide: (state) => (revoke ? revokeMandate : signMandate)(state, { signature, isVerifiedOnChain }),
    });
  }

  async #isSignedByContract(state: Mandate, given: { readonly signature: string; readonly revoke: boolean }): Promise<boolean> {
    if (state.status === 'none') return false;
    const { signature, revoke } = given;
    const { mandate: id, terms, chainId, contract } = state.offered;
    const place = { chainId, contract };
    const isSignedByKey = revoke ? isRevokedByPayer(terms.payer, id, place, signature) : isSignedByPayer(terms, place, signature);
    if (isSignedByKey) return false;
    const digest = revoke ? revocationDigest(id, place) : mandateDigest(terms, place);
    return this.#desk.isSignedByContract(place, { payer: terms.payer, digest, signature });
  }
}

@CommandHandler(NoteMandate)
export class NoteMandateHandler implements ICommandHandler<NoteMandate> {
  readonly #executor: CommandExecutor;
  readonly #desk: MandateDesk;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor, @Inject(MANDATE_DESK) desk: MandateDesk) {
    this.#executor = executor;
    this.#desk = desk;
  }

  async execute({ envelope, data }: NoteMandate): Promise<Outcome<MandateCommandRejection>> {
    const { provider } = envelope;
    const stream = mandateStream(provider, data.mandate);
    const known = await this.#executor.current(mandate, stream, provider);
    const seen = known.status === 'none' ? undefined : await this.#desk.stateOf(known.offered, data.mandate);
    return this.#executor.execute({
      ...{ aggregate: mandate, stream, envelope },
      decide: (state) => {
        if (seen?.isRevoked === true) return noteRevocation(state);
        if (seen?.isApproved === true) return signMandate(state, { signature: '0x', isVerifiedOnChain: true });
        return reject({ code: state.status === 'none' ? 'mandate_not_found' : 'mandate_not_approved' });
      },
    });
  }
}
