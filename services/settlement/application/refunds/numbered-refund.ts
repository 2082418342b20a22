import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import { numberRefund, refundRegister } from '../../domain/refund-register.ts';
import { refundRegisterStream } from '../sending/sending-streams.ts';

/** The number of a refund on chain, of money or of credit: given out once, durable when it is answered, and safe to ask for again. */
export async function numberedRefund(executor: CommandExecutor, envelope: Envelope, refund: string): Promise<string> {
  const { provider } = envelope;
  const stream = refundRegisterStream(provider);
  const outcome = await executor.execute({
    ...{ aggregate: refundRegister, stream, envelope },
    decide: (state) => numberRefund(state, refund),
  });
  if (outcome.kind === 'rejected') throw new Error(`${refund} got no number: ${JSON.stringify(outcome.rejection)}`);
  const known = (await executor.current(refundRegister, stream, provider)).numbers.get(refund);
  if (known === undefined) throw new Error(`${refund} has no number in ${stream}.`);
  return known.refundSeq;
}
