import { Interface } from 'ethers';
import { providerRegistryAbi } from '../../../../contracts/generated/provider-registry.ts';
import { providerSettlementAbi } from '../../../../contracts/generated/provider-settlement.ts';

/** What is sent to ProviderSettlement. */
export const settlementContract = new Interface(providerSettlementAbi);

const offer =
  '(uint64 providerId, uint64 eventId, uint64 seq, address payer, address token, uint96 amount, bytes32 ref, uint48 captureAfter, uint48 reclaimAfter, uint48 deadline)';

/** What is sent to PpvEscrow. */
export const escrowContract = new Interface([
  'function captureEvent(uint64 providerId, uint64 eventId, address[] tokens)',
  'function cancelEvent(uint64 providerId, uint64 eventId)',
  `function purchaseWithAuthorization(${offer} o, address signer, bytes sig, address payer, bytes auth)`,
  `function purchaseWithPermit2(${offer} o, address signer, bytes sig, address payer, uint256 nonce, bytes payerSig)`,
]);

/** What is sent to PrepaidCredit. */
export const creditContract = new Interface(['function issue(address to, uint256 amount, uint64 seq, uint32 epoch, bytes32 ref)']);

/** What is asked of a token, and allowed. */
export const tokenContract = new Interface([
  'function allowance(address holder, address spender) view returns (uint256)',
  'function approve(address spender, uint256 amount) returns (bool)',
]);

/** Errors of everything that a call may pass through. */
const tokenErrors = new Interface([
  'error Error(string)',
  'error Panic(uint256)',
  'error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)',
  'error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)',
  'error SafeERC20FailedOperation(address token)',
]);

export const errorInterfaces: readonly Interface[] = [settlementContract, new Interface(providerRegistryAbi), tokenErrors];
