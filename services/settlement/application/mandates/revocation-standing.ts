import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { DispatchFailure } from '../../domain/dispatch.events.ts';
import { dispatch } from '../../domain/dispatch.ts';
import type { RevokedMandate } from '../../domain/mandate.ts';
import { dispatchStream } from '../sending/sending-streams.ts';
import type { MandateDesk } from './mandate-desk.ts';

/**
 * How far the end of a mandate is on its chain, where we bring it there. `failed`: the contract was not told, and still takes what the mandate says; no
 * more is collected by us, and the payer can tell the contract by a transaction of its own.
 */
export interface RevocationStanding {
  readonly state: 'sending' | 'done' | 'failed';
  readonly failure?: DispatchFailure['code'];
}

/** Undefined where nothing is to be brought there. Only where we failed is the chain asked, since the payer may have done it. */
export async function revocationStanding(
  { executor, desk }: { readonly executor: CommandExecutor; readonly desk: Pick<MandateDesk, 'stateOf'> },
  provider: string,
  { offered: { mandate, chainId, contract } }: RevokedMandate,
): Promise<RevocationStanding | undefined> {
  const state = await executor.current(dispatch, dispatchStream(provider, `revoke.${mandate}`), provider);
  if (state.status === 'none') return undefined;
  if (state.status !== 'failed') return { state: state.status };
  const { isRevoked } = await desk.stateOf({ chainId, contract }, mandate);
  return isRevoked ? { state: 'done' } : { state: 'failed', failure: state.failure.code };
}
