// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IProviderSettlement} from "../../contracts/interfaces/IProviderSettlement.sol";
import {ProviderId} from "../../contracts/types/ProviderId.sol";
import {Seq} from "../../contracts/types/Seq.sol";
import {SettlementReplay} from "./SettlementReplay.sol";

/// @title What the settlement has to answer and to tell, said once more and plainly
/// @notice Refusals are whole errors, in the order in which the contract looks; an empty one is a call that has to be taken.
abstract contract SettlementModel is SettlementReplay {
    /// @dev As `Settled` numbers them.
    uint8 internal constant NATIVE = 1;
    uint8 internal constant ALLOWANCE = 2;
    uint8 internal constant PERMIT = 3;
    uint8 internal constant PERMIT2 = 4;
    uint8 internal constant AUTHORIZATION = 5;

    /// @dev What the settlement may take of a payer's dollars.
    mapping(address payer => uint256) internal allowed;

    constructor() {
        for (uint256 i = 0; i < PAYERS; ++i) allowed[payerOf(i)] = type(uint256).max;
    }

    /// @dev What a quote says, who pays it, and whether the slot is free: everything but the money.
    function _refusesQuote(
        IProviderSettlement.Quote memory q,
        address payer,
        address signer,
        bool isSigned
    ) internal view returns (bytes memory refusal) {
        refusal = _refusesTerms(q, payer);
        if (refusal.length == 0) refusal = _refusesPayment(ProviderId.unwrap(q.providerId), q.token, Right.Sign, signer);
        if (refusal.length == 0 && !isSigned) refusal = _notAuthorised(signer);
        if (refusal.length == 0) refusal = _refusesSlot(q.providerId, q.seq);
    }

    function _refusesTerms(IProviderSettlement.Quote memory q, address payer) internal view returns (bytes memory) {
        if (time <= q.validAfter)
            return abi.encodeWithSelector(IProviderSettlement.ProviderSettlementQuoteNotYetValid.selector, q.validAfter);
        if (time >= q.deadline)
            return abi.encodeWithSelector(IProviderSettlement.ProviderSettlementQuoteExpired.selector, q.deadline);
        if (q.payer != address(0) && q.payer != payer)
            return abi.encodeWithSelector(IProviderSettlement.ProviderSettlementWrongPayer.selector, q.payer, payer);
        if (q.kind == 0 || q.kind > 5)
            return abi.encodeWithSelector(IProviderSettlement.ProviderSettlementUnknownKind.selector, q.kind);
        return _refusesAmount(q.amount);
    }

    function _refusesAmount(uint256 amount) internal pure returns (bytes memory) {
        if (amount > 0 && amount < 2 ** 128) return "";
        return abi.encodeWithSelector(IProviderSettlement.ProviderSettlementAmountOutOfRange.selector, amount);
    }

    function _refusesSlot(ProviderId id, Seq seq) internal view returns (bytes memory) {
        if (closed[ProviderId.unwrap(id)][0] & (1 << Seq.unwrap(seq)) == 0) return "";
        return abi.encodeWithSelector(IProviderSettlement.ProviderSettlementAlreadySettled.selector, id, seq);
    }

    function _refusesValue(uint256 sent, uint256 expected) internal pure returns (bytes memory) {
        if (sent == expected) return "";
        return abi.encodeWithSelector(IProviderSettlement.ProviderSettlementWrongValue.selector, sent, expected);
    }

    /// @dev The treasury is paid first, so an allowance that is too small fails on its part, or on the fee's.
    function _refusesPull(address asset, uint256 allowance, uint256 amount, uint256 fee) internal view returns (bytes memory) {
        if (asset != address(dollar) || allowance >= amount) return "";
        uint256 net = amount - fee;
        (uint256 left, uint256 part) = allowance < net ? (allowance, net) : (allowance - net, fee);
        return abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(settlement), left, part);
    }

    function _refusesMandate(
        IProviderSettlement.Mandate memory m,
        bytes32 mandate,
        address collector,
        uint256 amount,
        bool isSigned
    ) internal view returns (bytes memory refusal) {
        refusal = _refusesAmount(amount);
        if (refusal.length > 0) return refusal;
        refusal = _refusesPayment(ProviderId.unwrap(m.providerId), m.token, Right.Collect, collector);
        if (refusal.length > 0) return refusal;
        if (books[mandate].isRevoked || time < m.start || time >= m.end) return _inactive(mandate);
        if (!books[mandate].isApproved) {
            if (!isSigned) return _notAuthorised(m.payer);
            if (m.period == 0) return abi.encodeWithSelector(IProviderSettlement.ProviderSettlementBadMandate.selector);
        }
        uint256 left = _leftOf(m, mandate);
        if (amount <= left) return "";
        return abi.encodeWithSelector(IProviderSettlement.ProviderSettlementCapExceeded.selector, amount, left);
    }

    function _inactive(bytes32 mandate) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IProviderSettlement.ProviderSettlementMandateInactive.selector, mandate);
    }

    function _notAuthorised(address who) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IProviderSettlement.ProviderSettlementSignerNotAuthorised.selector, who);
    }

    function _feeFrom(uint256 p, uint256 amount) internal view returns (uint256) {
        return (amount * _feeOf(p)) / 10_000;
    }

    function _expectSettled(IProviderSettlement.Quote memory q, address payer, uint8 method) internal {
        uint256 p = ProviderId.unwrap(q.providerId);
        _expect(
            address(settlement),
            IProviderSettlement.Settled.selector,
            _words(_word(p), q.invoiceRef, _word(payer)),
            abi.encode(
                q.seq,
                q.kind,
                method,
                q.token,
                q.amount,
                _feeFrom(p, q.amount),
                known[p].treasury,
                q.currency,
                q.fiatMinor
            )
        );
    }

    function _expectApproval(IProviderSettlement.Mandate memory m, bytes32 mandate) internal {
        _expect(
            address(settlement),
            IProviderSettlement.MandateApproved.selector,
            _words(mandate, _word(ProviderId.unwrap(m.providerId)), _word(m.payer)),
            abi.encode(m.accountRef, m.token, m.maxPerPeriod, m.totalCap, m.period, m.start, m.end)
        );
    }

    function _expectCollection(
        IProviderSettlement.Mandate memory m,
        bytes32 mandate,
        uint256 amount,
        Seq seq,
        bytes32 invoiceRef
    ) internal {
        uint256 p = ProviderId.unwrap(m.providerId);
        _expect(
            address(settlement),
            IProviderSettlement.Collected.selector,
            _words(mandate, _word(p), invoiceRef),
            abi.encode(m.payer, seq, m.token, amount, _feeFrom(p, amount), known[p].treasury, uint32((time - m.start) / m.period))
        );
    }

    /// @dev The smaller of what the period and what the whole leave.
    function _leftOf(IProviderSettlement.Mandate memory m, bytes32 mandate) private view returns (uint256) {
        Book storage book = books[mandate];
        uint256 spent = (time - m.start) / m.period == book.period ? book.spent : 0;
        uint256 ofPeriod = m.maxPerPeriod - spent;
        uint256 ofAll = m.totalCap - book.total;
        return ofPeriod < ofAll ? ofPeriod : ofAll;
    }
}
