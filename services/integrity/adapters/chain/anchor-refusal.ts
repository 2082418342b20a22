import { Interface } from 'ethers';
import { ledgerAnchorAbi } from '../../../../contracts/generated/ledger-anchor.ts';
import { ChainRefusedFault } from '../../../chain/application/chain-faults.ts';
import { AnchorRefusedFault, type AnchorRefusal } from '../../application/anchor-chain.ts';

const contract = new Interface(ledgerAnchorAbi);

const refusals: Readonly<Record<string, AnchorRefusal>> = {
  LedgerAnchorSizeMismatch: 'moved',
  LedgerAnchorNotAhead: 'moved',
  LedgerAnchorInconsistent: 'inconsistent',
  LedgerAnchorFrozen: 'frozen',
  LedgerAnchorNotPublisher: 'not_publisher',
  LedgerAnchorNotRegistered: 'not_registered',
};

/** What the contract refused, or the error itself where it was not the contract. */
export function refusalIn(error: unknown): unknown {
  if (!(error instanceof ChainRefusedFault) || error.revertData === undefined) return error;
  const named = contract.parseError(error.revertData);
  if (named === null) return new AnchorRefusedFault('other', `it reverts with ${error.revertData}`);
  return new AnchorRefusedFault(refusals[named.name] ?? 'other', `${named.name}(${named.args.join(', ')})`);
}
