import { Interface } from 'ethers';

const quote =
  '(uint64 providerId, uint64 seq, bytes32 invoiceRef, uint8 kind, address payer, address token, uint256 amount, bytes3 currency, uint128 fiatMinor, uint48 validAfter, uint48 deadline)';
const offer =
  '(uint64 providerId, uint64 eventId, uint64 seq, address payer, address token, uint96 amount, bytes32 ref, uint48 captureAfter, uint48 reclaimAfter, uint48 deadline)';

/** What a payer calls at ProviderSettlement, and what is asked of it about a slot. */
export const settlementCalls = new Interface([
  `function payNative(${quote} q, address signer, bytes sig) payable`,
  `function payToken(${quote} q, address signer, bytes sig)`,
  `function payWithPermit(${quote} q, address signer, bytes sig, uint256 deadline, uint8 v, bytes32 r, bytes32 s)`,
  `function payWithPermit2(${quote} q, address signer, bytes sig, address payer, uint256 nonce, bytes payerSig)`,
  `function payWithAuthorization(${quote} q, address signer, bytes sig, address payer, bytes auth)`,
  `function hashQuote(${quote} q) view returns (bytes32)`,
  'function isSettled(uint64 providerId, uint64 seq) view returns (bool)',
  'function permit2() view returns (address)',
  'event SeqCancelled(uint64 indexed providerId, uint64 indexed seq, address by)',
]);

/** The same of PpvEscrow. */
export const escrowCalls = new Interface([
  `function purchase(${offer} o, address signer, bytes sig) payable`,
  `function purchaseWithAuthorization(${offer} o, address signer, bytes sig, address payer, bytes auth)`,
  `function purchaseWithPermit2(${offer} o, address signer, bytes sig, address payer, uint256 nonce, bytes payerSig)`,
  `function hashOffer(${offer} o) view returns (bytes32)`,
  'function purchasedWord(uint64 providerId, uint256 word) view returns (uint256)',
  'function permit2() view returns (address)',
  'event SeqCancelled(uint64 indexed providerId, uint64 indexed seq, address by)',
]);

/** Of a token, as far as the standards go. */
export const tokenCalls = new Interface([
  'function balanceOf(address holder) view returns (uint256)',
  'function allowance(address holder, address spender) view returns (uint256)',
  'function approve(address spender, uint256 amount) returns (bool)',
  'function name() view returns (string)',
  'function version() view returns (string)',
  'function nonces(address holder) view returns (uint256)',
  'function DOMAIN_SEPARATOR() view returns (bytes32)',
  'function authorizationState(address holder, bytes32 nonce) view returns (bool)',
]);

/** Of Permit2. */
export const permit2Calls = new Interface(['function nonceBitmap(address holder, uint256 word) view returns (uint256)']);
