import { type ErrorDescription, Interface } from 'ethers';
import type { Refusal } from '../../application/payer-desk.ts';

/**
 * Every error that a payment can end with, and what the payer is told. Only what the payer can do something about says what to do; the rest
 * says that nothing was paid.
 */
const sentences = {
  'ProviderSettlementQuoteExpired(uint48)': 'The quote is over. Nothing was paid; ask for a new one.',
  'ProviderSettlementQuoteNotYetValid(uint48)': 'The chain is behind the time. Nothing was paid; try again in a minute.',
  'ProviderSettlementAlreadySettled(uint64,uint64)': 'This is paid already, or was cancelled. It cannot be paid twice.',
  'ProviderSettlementWrongPayer(address,address)': 'This quote is for another wallet.',
  'ProviderSettlementWrongToken(address)': 'This quote is paid in another way: the native coin and tokens take different calls.',
  'ProviderSettlementWrongValue(uint256,uint256)': 'The amount sent is not the amount of the quote. Nothing was paid.',
  'ProviderSettlementInexactTransfer(uint256,uint256)': 'The token moved another amount than it was told. Nothing was paid.',
  'ProviderSettlementSignerNotAuthorised(address)': 'The quote is not signed by a key of this provider. Do not pay it.',
  'ProviderSettlementNativeTransferFailed()': "The provider's treasury does not take the coin. Nothing was paid.",
  'ProviderSettlementAmountOutOfRange(uint256)': 'The amount cannot be paid on chain.',
  'ProviderSettlementUnknownKind(uint8)': 'The contract does not know this kind of payment.',
  'ProviderSettlementZeroAddress()': 'The payment names no address.',
  'ProviderSettlementBatchMixed(uint256)': 'The payments of a batch do not belong together.',
  'ProviderSettlementBatchLength(uint256,uint256)': 'A payment of the batch has no signature.',
  'PpvEscrowQuoteExpired(uint48)': 'The offer is over. Nothing was paid; ask for a new one.',
  'PpvEscrowWrongPayer(address,address)': 'This offer is for another wallet.',
  'PpvEscrowWrongToken(address)': 'This offer is paid in another way: the native coin and tokens take different calls.',
  'PpvEscrowWrongValue(uint256,uint256)': 'The amount sent is not the amount of the offer. Nothing was paid.',
  'PpvEscrowInexactTransfer(uint256,uint256)': 'The token moved another amount than it was told. Nothing was paid.',
  'PpvEscrowSignerNotAuthorised(address)': 'The offer is not signed by a key of this provider. Do not pay it.',
  'PpvEscrowNativeTransferFailed()': 'The escrow could not pass on the coin. Nothing was paid.',
  'PpvEscrowAmountOutOfRange(uint256)': 'The amount cannot be held on chain.',
  'PpvEscrowWrongStatus(uint8)': 'The event was cancelled or is over. Nothing was paid.',
  'PpvEscrowTooLate(uint48)': 'The sale for this event is over. Nothing was paid.',
  'PpvEscrowTermsMismatch()': 'The event has other times than the offer. Nothing was paid; ask for a new one.',
  'PpvEscrowAlreadyPurchased(uint64)': 'This is paid already, or was cancelled. It cannot be paid twice.',
  'PpvEscrowBadTimes(uint48,uint48)': 'The times of the event are not ones that the escrow takes. Nothing was paid.',
  'ProviderRegistryProviderInactive(uint64)': 'The provider takes no payments on chain at the moment.',
  'ProviderRegistryTokenNotAllowed(address)': 'The provider does not take this token.',
  'ProviderRegistrySignerNotAuthorised(address)': 'The quote is not signed by a key of this provider. Do not pay it.',
  'EnforcedPause()': 'New payments are paused. Nothing was paid.',
  'ReentrancyGuardReentrantCall()': 'The token called back in the middle of the payment. Nothing was paid.',
  'SafeERC20FailedOperation(address)': 'The token refused the transfer. Nothing was paid.',
  'ERC20InsufficientBalance(address,uint256,uint256)': 'The wallet holds too little of the token.',
  'ERC20InsufficientAllowance(address,uint256,uint256)': 'The contract is not allowed to take the amount from the wallet yet.',
  'ERC2612ExpiredSignature(uint256)': 'The signature came too late. Sign again.',
  'ERC2612InvalidSigner(address,address)': 'The signature is of another wallet.',
  'SignatureExpired(uint256)': 'The signature came too late. Sign again.',
  'InvalidNonce()': 'The signature was used before. Sign again.',
  'InvalidSigner()': 'The signature is of another wallet.',
} as const satisfies Readonly<Record<string, string>>;

/** It knows `Error(string)` and `Panic(uint256)` by itself: reverts with a text of their own, of before custom errors. */
const known = new Interface(Object.keys(sentences).map((signature) => `error ${signature}`));
/** A token's own words, kept short: they stand on a page of ours. */
const textLengthMax = 120;

/** What a reverted call means for the payer. `data` is what it returned, 0x-hex. */
export function refusalOf(data: string | undefined): Refusal {
  const error = parsed(data ?? '0x');
  if (error?.signature === 'Error(string)') {
    const said = String(error.args[0])
      .replaceAll(/[^\x20-\x7e]/g, '')
      .slice(0, textLengthMax);
    return { code: 'Error', text: `The token or contract refused: ${said}. Nothing was paid.` };
  }
  if (error !== null && Object.hasOwn(sentences, error.signature)) {
    return { code: error.name, text: sentences[error.signature as keyof typeof sentences] };
  }
  return { code: 'unknown', text: 'The contract refused the payment and did not say why. Nothing was paid.' };
}

/** What a token returns may be cut short, or be nothing. */
function parsed(data: string): ErrorDescription | null {
  try {
    return known.parseError(data);
  } catch {
    return null;
  }
}

/** The signatures of all errors that have a sentence. */
export const refusalSignatures: readonly string[] = Object.keys(sentences);
