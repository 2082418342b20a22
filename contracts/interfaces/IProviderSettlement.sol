// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ProviderId} from "../types/ProviderId.sol";
import {Seq} from "../types/Seq.sol";
import {IFeeVault} from "./IFeeVault.sol";
import {IPlatformPause} from "./IPlatformPause.sol";

/// @title Payments of invoices and top-ups, each exactly once, straight to the provider's treasury
/// @notice A provider's hot key signs quotes; whoever pays one closes its slot. Customers sign mandates, under which a provider's collector
/// pulls variable amounts up to a cap; they close the same slots. The contract holds nothing but fees that could not be delivered.
/// @dev EIP-712 domain: name "Tallyroot Settlement", version "1", chain id, this contract. Amounts are in the token's units, times in Unix
/// seconds, the native coin is `address(0)`. `ProviderRegistry` reverts under its own errors for who is not known there.
interface IProviderSettlement is IFeeVault, IPlatformPause {
    /// @param providerId Whose treasury is paid.
    /// @param seq The slot that the payment closes: one for each invoice, instalment or top-up, the same in every quote for it.
    /// @param invoiceRef keccak256(abi.encode(salt, invoiceId, termsHash)): nothing personal is readable on the chain.
    /// @param kind 1 invoice, 2 top-up, 3 instant pay-per-view, 4 deposit, 5 prepaid credit.
    /// @param payer Who must pay; zero for anyone.
    /// @param token The ERC-20; zero for the native coin.
    /// @param amount Above 0 and below 2^128.
    /// @param currency ISO 4217 letters of the price.
    /// @param fiatMinor The price in the minor unit of `currency`: the rate is locked by the signature.
    /// @param validAfter Exclusive.
    /// @param deadline Exclusive.
    struct Quote {
        ProviderId providerId;
        Seq seq;
        bytes32 invoiceRef;
        uint8 kind;
        address payer;
        address token;
        uint256 amount;
        bytes3 currency;
        uint128 fiatMinor;
        uint48 validAfter;
        uint48 deadline;
    }

    /// @param providerId Who may collect.
    /// @param payer Who is collected from.
    /// @param token The ERC-20, by an allowance of the payer for this contract.
    /// @param maxPerPeriod At most this much in one period; what is not used is lost.
    /// @param totalCap At most this much in all; below 2^104.
    /// @param period Seconds; above 0.
    /// @param start The first second.
    /// @param end The second after the last one.
    /// @param accountRef What the provider books to; salted like an invoice's.
    /// @param salt Tells two mandates of the same terms apart.
    struct Mandate {
        ProviderId providerId;
        address payer;
        address token;
        uint128 maxPerPeriod;
        uint128 totalCap;
        uint48 period;
        uint48 start;
        uint48 end;
        bytes32 accountRef;
        uint256 salt;
    }

    /// @param periodIndex The period of the last collection, counted from 0.
    /// @param approved The payer agreed, by a transaction or a signature.
    /// @param revoked Final.
    /// @param spent In that period.
    /// @param total In all.
    struct MandateState {
        uint32 periodIndex;
        bool approved;
        bool revoked;
        uint104 spent;
        uint104 total;
    }

    /// @notice The quote is over: ask for a new one.
    error ProviderSettlementQuoteExpired(uint48 deadline);
    /// @notice The quote holds only after `validAfter`.
    error ProviderSettlementQuoteNotYetValid(uint48 validAfter);
    /// @notice The slot was paid, collected or cancelled before.
    error ProviderSettlementAlreadySettled(ProviderId providerId, Seq seq);
    /// @notice This refund was paid before.
    error ProviderSettlementAlreadyRefunded(ProviderId providerId, Seq refundSeq);
    /// @notice Somebody else must pay, approve or revoke this.
    error ProviderSettlementWrongPayer(address expected, address actual);
    /// @notice The native coin is paid by `payNative` or `payBatch`, a token by the other ways.
    error ProviderSettlementWrongToken(address token);
    /// @notice The quote at this index is of another provider or in another token than the first.
    error ProviderSettlementBatchMixed(uint256 index);
    /// @notice A batch has one signature for each quote, and at least one quote.
    error ProviderSettlementBatchLength(uint256 quotes, uint256 signatures);
    /// @notice The native coin that was sent is not what is to be paid.
    error ProviderSettlementWrongValue(uint256 sent, uint256 expected);
    /// @notice The token moved another amount than it was told.
    error ProviderSettlementInexactTransfer(uint256 got, uint256 expected);
    /// @notice The signature is not of this signer, or the caller is not who may do this.
    error ProviderSettlementSignerNotAuthorised(address signer);
    /// @notice The receiver took no native coin.
    error ProviderSettlementNativeTransferFailed();
    /// @notice Amounts are above 0 and below 2^128.
    error ProviderSettlementAmountOutOfRange(uint256 amount);
    /// @notice Kinds are 1 to 5.
    error ProviderSettlementUnknownKind(uint8 kind);
    /// @notice An address must not be zero.
    error ProviderSettlementZeroAddress();
    /// @notice The mandate's terms make no sense.
    error ProviderSettlementBadMandate();
    /// @notice The mandate was revoked, has not begun or is over.
    error ProviderSettlementMandateInactive(bytes32 mandate);
    /// @notice The mandate leaves less than what is wanted, in this period or in all.
    error ProviderSettlementCapExceeded(uint256 wanted, uint256 left);

    /// @notice A quote was paid and its slot closed.
    /// @param method 1 native coin, 2 allowance, 3 EIP-2612, 4 Permit2, 5 EIP-3009; a batch is 1 or 2.
    /// @param amount What the payer paid.
    /// @param fee What of it is the platform's.
    event Settled(
        ProviderId indexed providerId,
        bytes32 indexed invoiceRef,
        address indexed payer,
        Seq seq,
        uint8 kind,
        uint8 method,
        address token,
        uint256 amount,
        uint256 fee,
        address treasury,
        bytes3 currency,
        uint128 fiatMinor
    );
    /// @notice A provider paid money back, out of its own pocket.
    event Refunded(
        ProviderId indexed providerId,
        Seq indexed seq,
        address indexed to,
        Seq refundSeq,
        address token,
        uint256 amount,
        bytes32 reason
    );
    /// @notice The slot was closed without a payment here.
    event SeqCancelled(ProviderId indexed providerId, Seq indexed seq, address by);
    /// @notice The payer agreed to a mandate, by a transaction or by the signature of the first collection.
    event MandateApproved(
        bytes32 indexed mandate,
        ProviderId indexed providerId,
        address indexed payer,
        bytes32 accountRef,
        address token,
        uint128 maxPerPeriod,
        uint128 totalCap,
        uint48 period,
        uint48 start,
        uint48 end
    );
    /// @notice A provider collected under a mandate and closed a slot.
    event Collected(
        bytes32 indexed mandate,
        ProviderId indexed providerId,
        bytes32 indexed invoiceRef,
        address payer,
        Seq seq,
        address token,
        uint256 amount,
        uint256 fee,
        address treasury,
        uint32 period
    );
    /// @notice The mandate is over, for ever.
    event MandateRevoked(bytes32 indexed mandate, address indexed payer, address by);

    /// @notice Pays a quote in the native coin; what is sent must be its amount.
    /// @param signer Whose signature `sig` is: a key or a contract of ERC-1271 that the registry knows as a signer of the provider.
    /// @param sig Of `hashQuote(q)`.
    function payNative(Quote calldata q, address signer, bytes calldata sig) external payable;

    /// @notice Pays a quote from the caller's allowance for this contract.
    function payToken(Quote calldata q, address signer, bytes calldata sig) external;

    /// @notice Pays a quote from the caller's allowance, which the caller's permit of EIP-2612 sets first.
    /// @dev A permit that somebody used up before does not stop the payment: its allowance is there.
    /// @param deadline Of the permit, over exactly the quote's amount for this contract.
    function payWithPermit(
        Quote calldata q,
        address signer,
        bytes calldata sig,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice Pays a quote by a Permit2 signature of the payer; anybody may send it.
    /// @param payerSig PermitWitnessTransferFrom over the quote's token, amount, `nonce` and deadline, spender this contract, witness the quote.
    function payWithPermit2(
        Quote calldata q,
        address signer,
        bytes calldata sig,
        address payer,
        uint256 nonce,
        bytes calldata payerSig
    ) external;

    /// @notice Pays a quote by an EIP-3009 signature of the payer; anybody may send it.
    /// @param auth ReceiveWithAuthorization to this contract over the quote's amount and times; its nonce is the struct hash of the quote.
    /// 65 bytes are r, s and v; anything else goes to the token as it is (ERC-7598).
    function payWithAuthorization(
        Quote calldata q,
        address signer,
        bytes calldata sig,
        address payer,
        bytes calldata auth
    ) external;

    /// @notice Pays several quotes of one provider in one token by one transfer; all or none.
    function payBatch(Quote[] calldata qs, address signer, bytes[] calldata sigs) external payable;

    /// @notice Pays money back from the caller, a signer or refunder of the provider. No pause stops this.
    /// @dev WARNING: what was paid is not known here. The ledger checks the amount; this only refuses to pay the same refund twice.
    /// @param seq The slot that is refunded.
    /// @param refundSeq The refund's own slot, of which each is paid once.
    /// @param to Who gets it.
    /// @param reason What the provider books; salted like an invoice's.
    function refund(
        ProviderId providerId,
        Seq seq,
        Seq refundSeq,
        address token,
        address to,
        uint256 amount,
        bytes32 reason
    ) external payable;

    /// @notice Closes a slot without a payment: it is void, or was paid elsewhere. Only a signer of the provider may. No pause stops this.
    function cancelSeq(ProviderId providerId, Seq seq) external;

    /// @notice Collects under a mandate, from the payer's allowance for this contract. Only a collector of the provider may.
    /// @param payerSig Of `hashMandate(m)`; not looked at once the mandate is approved.
    /// @param amount Above 0; at most what the period and the mandate leave.
    function collect(
        Mandate calldata m,
        bytes calldata payerSig,
        uint256 amount,
        Seq seq,
        bytes32 invoiceRef
    ) external;

    /// @notice Agrees to a mandate without a signature. Only its payer may; a repeat does nothing.
    function approveMandate(Mandate calldata m) external;

    /// @notice Ends a mandate for ever, approved or not. Its payer or the provider's admin may; a repeat does nothing. No pause stops this.
    function revoke(Mandate calldata m) external;

    /// @notice The same by the payer's signature of `Revoke(bytes32 mandate)`; anybody may send it. No pause stops this.
    function revokeBySig(Mandate calldata m, bytes calldata sig) external;

    /// @notice What came of a mandate.
    /// @param mandate Its id, as `hashMandate` says.
    function stateOf(bytes32 mandate) external view returns (MandateState memory);

    /// @notice Was the slot paid, collected or cancelled?
    function isSettled(ProviderId providerId, Seq seq) external view returns (bool);

    /// @notice 256 slots at once: bit n is the slot 256 * word + n.
    function settledWord(ProviderId providerId, uint256 word) external view returns (uint256);

    /// @notice The same for refunds.
    function refundedWord(ProviderId providerId, uint256 word) external view returns (uint256);

    /// @notice What a signer signs: the EIP-712 digest of a quote.
    function hashQuote(Quote calldata q) external view returns (bytes32);

    /// @notice What a payer signs: the EIP-712 digest of a mandate, which is its id everywhere.
    function hashMandate(Mandate calldata m) external view returns (bytes32);
}
