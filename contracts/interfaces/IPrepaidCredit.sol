// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ProviderId} from "../types/ProviderId.sol";
import {Seq} from "../types/Seq.sol";
import {IPrepaidCreditFactory} from "./IPrepaidCreditFactory.sol";
import {IProviderRegistry} from "./IProviderRegistry.sol";

/// @title Credit that a provider has sold in advance, as a token that only its provider takes back
/// @notice A closed loop: units are issued to a customer and burnt by the payment of an invoice, by expiry or by a refund. They never pass
/// from one holder to another, so the supply is what the provider owes.
///
/// A unit is of an epoch, the last calendar month (UTC) in which it can be spent; epochs are counted from January 2020. In the month after,
/// its month of grace, it can only be refunded. Behind that anybody may burn it (`expire`). Of a holder, at most 12 epochs are to be spent
/// and one is in grace.
interface IPrepaidCredit {
    /// @notice Only a minter whose time has not run out may issue.
    error PrepaidCreditNotMinter(address caller);
    /// @notice Only the provider's admin may do this, as the registry says now.
    error PrepaidCreditNotProviderAdmin(address caller);
    /// @notice Only a refunder of the provider may do this, as the registry says now.
    error PrepaidCreditNotRefunder(address caller);
    /// @notice The registry does not list the provider as active, or it is paused there: nothing is issued.
    error PrepaidCreditProviderInactive(ProviderId providerId);
    /// @notice The number was used before, for the same kind of call (and by the same holder, where holders number them).
    error PrepaidCreditSeqUsed(Seq seq);
    /// @notice `left` may still be issued on this day (UTC).
    error PrepaidCreditMintCapExceeded(uint256 wanted, uint256 left);
    /// @notice Credit does not change hands, and nobody can be allowed to move it.
    error PrepaidCreditTransferNotAllowed(address from, address to);
    /// @notice Credit is issued for the running month and the eleven after it.
    error PrepaidCreditEpochOutOfRange(uint32 epoch, uint32 first, uint32 last);
    /// @notice Nothing, or more than the contract can count.
    error PrepaidCreditAmountOutOfRange(uint256 amount);
    /// @notice The holder's signature was good before `deadline`.
    error PrepaidCreditSignatureExpired(uint48 deadline);
    /// @notice This is not the holder's signature of this redemption.
    error PrepaidCreditInvalidSignature(address holder);
    /// @notice A key must not be zero.
    error PrepaidCreditZeroAddress();

    /// @notice A key may issue until `validUntil`; zero revokes it.
    event MinterSet(address indexed key, uint48 validUntil);
    /// @notice How much may be issued on one day (UTC).
    event DailyCapSet(uint128 cap);
    /// @notice Credit was sold.
    event CreditIssued(address indexed to, Seq indexed seq, uint256 amount, uint32 epoch, bytes32 ref);
    /// @notice A holder paid an invoice.
    event CreditRedeemed(address indexed holder, bytes32 indexed invoiceRef, Seq indexed seq, uint256 amount);
    /// @notice Credit of one epoch was burnt behind its month of grace: breakage of the provider.
    event CreditExpired(address indexed holder, uint256 amount, uint32 epoch);
    /// @notice Credit was burnt, and its price is given back elsewhere.
    event CreditRefunded(address indexed holder, Seq indexed seq, uint256 amount, bytes32 ref);

    /// @notice Lets a key issue, or revokes it at once. Provider admin only.
    /// @param key Not zero.
    /// @param validUntil The first second at which the key may not issue any more; zero revokes.
    function setMinter(address key, uint48 validUntil) external;

    /// @notice Limits what all minters together issue on one day: what a stolen key can do. Provider admin only.
    /// @param cap At most 2^104 - 1.
    function setDailyCap(uint128 cap) external;

    /// @notice Issues credit. Minters only; not while the factory or the provider is paused.
    /// @param to Who gets it.
    /// @param amount Above zero, and within what is left of the day's cap.
    /// @param seq The ledger's number of this issue; each is taken once.
    /// @param epoch The last month in which the credit can be spent: the running one or one of the eleven after it.
    /// @param ref What the ledger knows the sale by, salted and hashed.
    function issue(address to, uint256 amount, Seq seq, uint32 epoch, bytes32 ref) external;

    /// @notice Pays an invoice with the caller's credit, oldest epoch first. What does not match an invoice in holder, amount and
    /// reference is credited to the holder's wallet in the ledger.
    /// @param amount Above zero.
    /// @param invoiceRef The reference that the checkout shows.
    /// @param seq The caller's number of this redemption; each is taken once of each holder.
    function redeem(uint256 amount, bytes32 invoiceRef, Seq seq) external;

    /// @notice The same for a holder who signed `Redeem(address holder,uint256 amount,bytes32 invoiceRef,uint64 seq,uint48 deadline)`
    /// under the domain of this contract (`eip712Domain`). Anybody may send it.
    /// @param holder An account, or a contract that answers ERC-1271.
    /// @param amount Above zero.
    /// @param invoiceRef The reference that the checkout shows.
    /// @param seq The holder's number of this redemption.
    /// @param deadline The first second at which the signature is not good any more.
    /// @param sig The holder's signature.
    function redeemWithSig(
        address holder,
        uint256 amount,
        bytes32 invoiceRef,
        Seq seq,
        uint48 deadline,
        bytes calldata sig
    ) external;

    /// @notice Burns what a holder has of epochs behind their month of grace, each with its event. Anybody may; where there is nothing to
    /// burn, nothing happens.
    function expire(address holder) external;

    /// @notice Burns a holder's credit, in grace or to be spent, oldest first; its price is given back outside of this contract. Also the way
    /// for a holder who has lost a wallet: refund here, issue there. Refunders of the provider only.
    /// @param holder Whose credit.
    /// @param amount Above zero.
    /// @param seq The ledger's number of this refund; each is taken once.
    /// @param ref What the ledger knows the refund by, salted and hashed.
    function refundCredit(address holder, uint256 amount, Seq seq, bytes32 ref) external;

    /// @notice Whose credit this is.
    function providerId() external view returns (ProviderId);

    /// @notice Which knows the provider's admin and refunders.
    function registry() external view returns (IProviderRegistry);

    /// @notice Which created this token, and whose pause stops `issue`.
    function factory() external view returns (IPrepaidCreditFactory);

    /// @notice ISO 4217 code, three letters: the currency in which the provider owes.
    function currency() external view returns (bytes3);

    /// @notice The running month, counted from January 2020 in UTC.
    function currentEpoch() external view returns (uint32);

    /// @notice What a holder has of one epoch and was not burnt, whether it can still be spent or not.
    function balanceOfAtEpoch(uint32 epoch, address holder) external view returns (uint256);

    /// @notice All that a holder has and was not burnt: to be spent (`balanceOf`), in grace, and expired.
    function unburntOf(address holder) external view returns (uint256);

    /// @notice What all minters together may issue on one day, and what is left of it now.
    function dailyCap() external view returns (uint128 cap, uint128 left);

    /// @notice Until when a key may issue; zero for one that may not.
    function minterValidUntil(address key) external view returns (uint48);

    /// @notice 256 numbers of issues: bit `seq % 256` of word `seq / 256` is set once the number is used.
    function issuedWord(uint256 word) external view returns (uint256);

    /// @notice The same for the redemptions of one holder.
    function redeemedWord(address holder, uint256 word) external view returns (uint256);

    /// @notice The same for refunds.
    function refundedWord(uint256 word) external view returns (uint256);

    /// @notice The digest that a holder signs for `redeemWithSig`.
    function hashRedeem(
        address holder,
        uint256 amount,
        bytes32 invoiceRef,
        Seq seq,
        uint48 deadline
    ) external view returns (bytes32);
}
