import type { Outcome } from '../../../commands/application/answer.ts';
import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import { type DispatchRejection, order } from '../../domain/dispatch.decider.ts';
import { dispatchIdOf, type OrderEvent } from '../../domain/dispatch.events.ts';
import { dispatch } from '../../domain/dispatch.ts';
import { dispatchStream } from './sending-streams.ts';

/** Writes an order into the stream that it belongs to. Nothing is signed before it is there. */
export function orderDispatch(executor: CommandExecutor, envelope: Envelope, event: OrderEvent): Promise<Outcome<DispatchRejection>> {
  const stream = dispatchStream(envelope.provider, dispatchIdOf(event));
  return executor.execute({ aggregate: dispatch, stream, envelope, decide: (state) => order(state, event) });
}

/** Whether this very order is in the log, and nothing more would come of asking for it again. */
export async function isOrdered(executor: CommandExecutor, provider: string, event: OrderEvent): Promise<boolean> {
  const state = await executor.current(dispatch, dispatchStream(provider, dispatchIdOf(event)), provider);
  return order(state, event).kind === 'repeated';
}
