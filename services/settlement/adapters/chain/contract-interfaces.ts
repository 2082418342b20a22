import { Interface } from 'ethers';
import { ppvEscrowAbi } from '../../../../contracts/generated/ppv-escrow.ts';
import { prepaidCreditAbi } from '../../../../contracts/generated/prepaid-credit.ts';
import { providerRegistryAbi } from '../../../../contracts/generated/provider-registry.ts';
import { providerSettlementAbi } from '../../../../contracts/generated/provider-settlement.ts';

/* What is sent to contracts and asked of them: by payers, by the provider's own keys, and by whoever looks at a slot. */

export const settlementContract = new Interface(providerSettlementAbi);
export const escrowContract = new Interface(ppvEscrowAbi);
export const creditContract = new Interface(prepaidCreditAbi);

/** Of a token, as far as the standards go. */
export const tokenContract = new Interface([
  'function balanceOf(address holder) view returns (uint256)',
  'function allowance(address holder, address spender) view returns (uint256)',
  'function approve(address spender, uint256 amount) returns (bool)',
  'function decimals() view returns (uint8)',
  'function name() view returns (string)',
  'function version() view returns (string)',
  'function nonces(address holder) view returns (uint256)',
  'function DOMAIN_SEPARATOR() view returns (bytes32)',
  'function authorizationState(address holder, bytes32 nonce) view returns (bool)',
]);

export const permit2Contract = new Interface(['function nonceBitmap(address holder, uint256 word) view returns (uint256)']);

/** Of what is called behind our contracts: tokens, Permit2, and the library that calls them. `Error` and `Panic` are known to every interface. */
const foreignErrors = new Interface([
  'error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)',
  'error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)',
  'error ERC20InvalidSender(address sender)',
  'error ERC20InvalidReceiver(address receiver)',
  'error SafeERC20FailedOperation(address token)',
  'error AddressEmptyCode(address target)',
  'error FailedCall()',
  'error SignatureExpired(uint256 signatureDeadline)',
  'error InvalidNonce()',
  'error InvalidSigner()',
  'error InvalidSignature()',
  'error InvalidSignatureLength()',
  'error InvalidContractSignature()',
  'error InvalidAmount(uint256 maxAmount)',
]);

/** Errors of everything that a call may pass through. */
export const errorInterfaces: readonly Interface[] = [
  ...[settlementContract, escrowContract, creditContract],
  ...[new Interface(providerRegistryAbi), foreignErrors],
];
