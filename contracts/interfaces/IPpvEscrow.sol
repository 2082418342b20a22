// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EventId} from "../types/EventId.sol";
import {ProviderId} from "../types/ProviderId.sol";
import {Seq} from "../types/Seq.sol";
import {IFeeVault} from "./IFeeVault.sol";
import {IPlatformPause} from "./IPlatformPause.sol";

/// @title Money for pay-per-view events, held until they took place
/// @notice A provider's hot key signs offers; who pays one before the event has its money held here. Afterwards the provider captures
/// all of it in one step, to its treasury alone, or cancels the event in one step, and everybody gets back what they paid. Where the provider
/// does nothing, the money goes back after `reclaimAfter`, and anybody may see to it.
/// @dev EIP-712 domain: name "Tallyroot Escrow", version "1", chain id, this contract. Amounts are in the token's units, times in Unix
/// seconds, the native coin is `address(0)`. `ProviderRegistry` reverts under its own errors for who is not known there.
/// WARNING: a token that takes a part of each transfer is refused when it is bought with; one that begins to do so later pays out less
/// than the events say. What leaves is not measured, so that no token can keep it from leaving.
interface IPpvEscrow is IFeeVault, IPlatformPause {
    /// @dev An event that was captured or cancelled stays so.
    enum Status {
        None,
        Open,
        Cancelled,
        Captured
    }

    /// @param captureAfter From then on the provider may take the money, and from 3 days later anybody may send it there.
    /// @param reclaimAfter From then on the money of an event that is still open goes back only.
    /// @param feeBps The platform's share when the event was opened, in hundredths of a percent.
    /// @param status What has become of it.
    struct EventState {
        uint48 captureAfter;
        uint48 reclaimAfter;
        uint16 feeBps;
        Status status;
    }

    /// @param payer Who paid, and gets it back.
    /// @param amount What was paid; zero once it was refunded. It stays when the event is captured.
    struct Purchase {
        address payer;
        uint96 amount;
    }

    /// @param providerId Whose event.
    /// @param eventId The provider's number of the event. A postponed event gets a new one.
    /// @param seq The slot that the purchase closes: the same in every offer for it.
    /// @param payer Who must pay; zero for anyone.
    /// @param token The ERC-20; zero for the native coin.
    /// @param amount Above 0.
    /// @param ref keccak256(abi.encode(salt, id, termsHash)): nothing personal is readable on the chain.
    /// @param captureAfter As of the event; the first purchase fixes it.
    /// @param reclaimAfter At least 14 days after `captureAfter`, and at most 400 days from the first purchase.
    /// @param deadline Exclusive.
    struct Offer {
        ProviderId providerId;
        EventId eventId;
        Seq seq;
        address payer;
        address token;
        uint96 amount;
        bytes32 ref;
        uint48 captureAfter;
        uint48 reclaimAfter;
        uint48 deadline;
    }

    /// @notice The offer is over: ask for a new one.
    error PpvEscrowQuoteExpired(uint48 deadline);
    /// @notice Somebody else must pay this, or has paid it.
    error PpvEscrowWrongPayer(address expected, address actual);
    /// @notice The native coin is paid by `purchase`.
    error PpvEscrowWrongToken(address token);
    /// @notice The native coin that was sent is not what is to be paid.
    error PpvEscrowWrongValue(uint256 sent, uint256 expected);
    /// @notice The token moved another amount than it was told.
    error PpvEscrowInexactTransfer(uint256 got, uint256 expected);
    /// @notice The signature is not of this signer, or the caller is not who may do this.
    error PpvEscrowSignerNotAuthorised(address signer);
    /// @notice The receiver took no native coin.
    error PpvEscrowNativeTransferFailed();
    /// @notice The payer could not be paid, by the token or by its own code.
    error PpvEscrowRefundFailed(address payer);
    /// @notice An amount is above 0.
    error PpvEscrowAmountOutOfRange(uint256 amount);
    /// @notice The event is not in a state in which this can be done.
    error PpvEscrowWrongStatus(Status status);
    /// @notice This can be done from `time` on.
    error PpvEscrowTooEarly(uint48 time);
    /// @notice This could be done before `time`.
    error PpvEscrowTooLate(uint48 time);
    /// @notice Earlier offers of the event had other times.
    error PpvEscrowTermsMismatch();
    /// @notice The slot was bought or cancelled before, in this token or another.
    error PpvEscrowAlreadyPurchased(Seq seq);
    /// @notice Nothing is held for this slot in this token, or no longer.
    error PpvEscrowNothingToRefund(Seq seq);
    /// @notice Nothing is held in this token, or no token is named.
    error PpvEscrowNothingHeld(address token);
    /// @notice A provider has at least 14 days to capture, and money is held for at most 400.
    error PpvEscrowBadTimes(uint48 captureAfter, uint48 reclaimAfter);
    /// @notice Money sent there is lost.
    error PpvEscrowBadReceiver(address to);

    /// @notice An event was bought for the first time.
    event EventOpened(
        ProviderId indexed providerId,
        EventId indexed eventId,
        uint48 captureAfter,
        uint48 reclaimAfter,
        uint16 feeBps
    );
    /// @notice A payer's money is held for an event.
    event Purchased(
        ProviderId indexed providerId,
        EventId indexed eventId,
        address indexed payer,
        Seq seq,
        address token,
        uint256 amount,
        bytes32 ref
    );
    /// @notice All that was held in one token went to the treasury, less the fee.
    /// @param amount With the fee.
    event EventCaptured(
        ProviderId indexed providerId,
        EventId indexed eventId,
        address token,
        uint256 amount,
        uint256 fee,
        address treasury
    );
    /// @notice The event will never be captured: everybody gets back what they paid.
    event EventCancelled(ProviderId indexed providerId, EventId indexed eventId);
    /// @notice A purchase was paid back, to the payer or where the payer wanted.
    event PurchaseRefunded(
        ProviderId indexed providerId,
        EventId indexed eventId,
        address indexed payer,
        Seq seq,
        address token,
        uint256 amount,
        address to
    );
    /// @notice The payer could not be paid; the purchase can still be refunded.
    event RefundSkipped(ProviderId indexed providerId, EventId indexed eventId, Seq seq, address token);
    /// @notice The slot was closed without a purchase here.
    event SeqCancelled(ProviderId indexed providerId, Seq indexed seq, address by);

    /// @notice Pays an offer in the native coin that is sent, or from the caller's allowance for this contract.
    /// @param signer Whose signature `sig` is: a key or a contract of ERC-1271 that the registry knows as a signer of the provider.
    /// @param sig Of `hashOffer(o)`.
    function purchase(Offer calldata o, address signer, bytes calldata sig) external payable;

    /// @notice Pays an offer by an EIP-3009 signature of the payer; anybody may send it.
    /// @param auth Over ReceiveWithAuthorization to this contract: the offer's amount, validAfter 0, validBefore its deadline, nonce its
    /// struct hash. 65 bytes of r, s and v, or a signature of another form for a token of ERC-7598.
    function purchaseWithAuthorization(
        Offer calldata o,
        address signer,
        bytes calldata sig,
        address payer,
        bytes calldata auth
    ) external;

    /// @notice Pays an offer by a Permit2 signature of the payer; anybody may send it.
    /// @param payerSig PermitWitnessTransferFrom over the offer's token, amount, `nonce` and deadline, spender this contract, witness the offer.
    function purchaseWithPermit2(
        Offer calldata o,
        address signer,
        bytes calldata sig,
        address payer,
        uint256 nonce,
        bytes calldata payerSig
    ) external;

    /// @notice Sends all that is held for an event in these tokens to the provider's treasury, whatever the number of purchases. A signer or the
    /// admin may while `captureAfter <= now < reclaimAfter`; anybody may from `captureAfter` + 3 days on, and at any time for tokens that an
    /// earlier capture left.
    /// @param tokens At least one, each of which is held.
    function captureEvent(ProviderId providerId, EventId eventId, address[] calldata tokens) external;

    /// @notice Ends an event that was not captured, also one that nobody has bought yet, in every token and for good. A signer or the admin may.
    function cancelEvent(ProviderId providerId, EventId eventId) external;

    /// @notice Closes a slot that nobody has bought. A signer or the admin may.
    function cancelSeq(ProviderId providerId, Seq seq) external;

    /// @notice Pays one purchase back while the event is open. A signer or the admin may.
    function refundPurchase(ProviderId providerId, EventId eventId, address token, Seq seq) external;

    /// @notice Pays purchases back of an event that was cancelled, or is open past `reclaimAfter`. Anybody may. A payer that cannot be paid is
    /// skipped, and its purchase waits.
    function claimRefunds(ProviderId providerId, EventId eventId, address token, Seq[] calldata seqs) external;

    /// @notice Pays the caller's purchase back to another address, under the conditions of `claimRefunds`: the way out for a payer whom the
    /// token or its own contract keeps from being paid.
    function claimRefundTo(ProviderId providerId, EventId eventId, address token, Seq seq, address to) external;

    /// @notice What is known of an event.
    function eventOf(ProviderId providerId, EventId eventId) external view returns (EventState memory);

    /// @notice What is held for an event in one token.
    function heldOf(ProviderId providerId, EventId eventId, address token) external view returns (uint256);

    /// @notice A purchase, with an amount until it is refunded.
    function purchaseOf(ProviderId providerId, EventId eventId, address token, Seq seq) external view returns (Purchase memory);

    /// @notice 256 slots: bit `seq % 256` of word `seq / 256` is set once the slot was bought or cancelled.
    function purchasedWord(ProviderId providerId, uint256 word) external view returns (uint256);

    /// @notice The digest that a signer signs.
    function hashOffer(Offer calldata o) external view returns (bytes32);
}
