import type { CommandBus } from '@nestjs/cqrs';
import { OpenAccount } from '../../services/accounts/application/open-account.handler.ts';
import { PostCharge } from '../../services/accounts/application/post-charge.handler.ts';
import { createdIdOf } from '../../services/commands/application/command-id.ts';
import { type Envelope, envelopeOf } from '../../services/commands/application/envelope.ts';
import type { CanonicalJson } from '../../services/event-store/domain/canonical-json.ts';
import type { Service } from '../../services/main/service.ts';
import { moneyOf } from '../../services/money/money.ts';
import type { EventText } from './bare-append.ts';

const creditLimit = moneyOf('1000000000', 'EUR');
const charge = { amount: moneyOf('0.17', 'EUR'), product: 'voice-day', description: 'Voice, day' };

/** Opens a postpaid account; a key gives one account. */
export async function openAccount(bus: CommandBus, key: string): Promise<string> {
  const envelope = envelopeFor('OpenAccount', `open:${key}`);
  const account = createdIdOf(envelope.commandId, 'acc_');
  await bus.execute(new OpenAccount(envelope, account, { account, billing: 'postpaid', creditLimit }));
  return account;
}

/** Charges an account and answers the event's id and position, as they stand in the command's answer. */
export async function postCharge(bus: CommandBus, account: string, key: string): Promise<{ event: string; position: bigint }> {
  const outcome = await bus.execute(new PostCharge(envelopeFor('PostCharge', `charge:${key}`), account, charge));
  if (outcome.kind === 'rejected') throw new Error(outcome.rejection.code);
  return { event: outcome.answer.events[0]?.id as string, position: outcome.answer.position };
}

/** What a charge stores: limits are measured with the same bytes. */
export async function storedCharge({ commands, eventStore }: Service, account: string): Promise<EventText> {
  await postCharge(commands, account, 'sample');
  for await (const event of eventStore.readStream(`demo.account-${account}`, { direction: 'backwards', maxCount: 1 })) {
    return { data: event.data as CanonicalJson, metadata: event.metadata as CanonicalJson };
  }
  throw new Error('The sample charge was not stored.');
}

function envelopeFor(command: string, key: string): Envelope {
  return envelopeOf({ provider: 'demo', actor: { id: 'bench', type: 'api_key' }, key, command, body: { key }, patienceMs: 60_000 });
}
