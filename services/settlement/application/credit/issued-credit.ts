import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { settlementId } from '../../domain/chain-effect.ts';
import { type CreditIssueOrdered, issueDispatchId } from '../../domain/dispatch.events.ts';
import { dispatch } from '../../domain/dispatch.ts';
import { settlement } from '../../domain/settlement.ts';
import { dispatchStream } from '../sending/sending-streams.ts';
import { settlementStream } from '../settlement-streams.ts';

/** What gave out the credit that was bought in a slot; undefined as long as that is not final on its chain (rule 15). */
export async function issuedCredit(executor: CommandExecutor, provider: string, slot: string): Promise<CreditIssueOrdered | undefined> {
  const ordered = await executor.current(dispatch, dispatchStream(provider, issueDispatchId(slot)), provider);
  if (ordered.status === 'none' || ordered.order.type !== 'CreditIssueOrdered/1') return undefined;
  const { data } = ordered.order;
  const { chainId, contract } = data;
  const id = settlementId({ chainId, contract, effect: 'issue', key: slot });
  const shown = await executor.current(settlement, settlementStream(provider, id), provider);
  return shown.status === 'finalized' ? data : undefined;
}
