// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IProviderSettlement} from "../interfaces/IProviderSettlement.sol";
import {ADMIN, Roles} from "../types/Roles.sol";
import {Seq} from "../types/Seq.sol";
import {SettlementSlots} from "./SettlementSlots.sol";
import {SettlementTypes} from "./SettlementTypes.sol";

/// @title Collections of variable amounts under a mandate of the payer
abstract contract MandateCollections is SettlementSlots {
    using SettlementTypes for bytes32;
    using SettlementTypes for Mandate;

    mapping(bytes32 mandate => MandateState) private _mandates;

    /// @inheritdoc IProviderSettlement
    function collect(
        Mandate calldata m,
        bytes calldata payerSig,
        uint256 amount,
        Seq seq,
        bytes32 invoiceRef
    ) external nonReentrant whenNotPaused {
        _requireAmount(amount);
        Split memory split;
        uint16 bps;
        (split.treasury, bps, split.feeReceiver) = registry.collectable(m.providerId, m.token, msg.sender);
        bytes32 structHash = m.structHash();
        bytes32 mandate = _hashTypedDataV4(structHash);
        MandateState storage state = _mandates[mandate];
        _requireActive(m, mandate, state);
        if (!state.approved) {
            _requireSignature(m.payer, structHash, payerSig);
            _approve(m, mandate);
        }
        uint32 periodIndex = _spend(m, state, amount);
        _close(m.providerId, seq);
        _divide(split, amount, bps);
        emit Collected(mandate, m.providerId, invoiceRef, m.payer, seq, m.token, amount, split.fee, split.treasury, periodIndex);
        _pullSplit(m.token, m.payer, split);
    }

    /// @inheritdoc IProviderSettlement
    function approveMandate(Mandate calldata m) external nonReentrant whenNotPaused {
        if (msg.sender != m.payer) revert ProviderSettlementWrongPayer(m.payer, msg.sender);
        bytes32 mandate = hashMandate(m);
        MandateState storage state = _mandates[mandate];
        if (state.revoked || block.timestamp >= m.end) revert ProviderSettlementMandateInactive(mandate);
        if (state.approved) return;
        _approve(m, mandate);
        state.approved = true;
    }

    /// @inheritdoc IProviderSettlement
    function revoke(Mandate calldata m) external nonReentrant {
        if (msg.sender != m.payer) {
            (, , Roles roles) = registry.operable(m.providerId, msg.sender);
            if (!roles.includesAny(ADMIN)) revert ProviderSettlementWrongPayer(m.payer, msg.sender);
        }
        _revoke(m, hashMandate(m));
    }

    /// @inheritdoc IProviderSettlement
    function revokeBySig(Mandate calldata m, bytes calldata sig) external nonReentrant {
        bytes32 mandate = hashMandate(m);
        _requireSignature(m.payer, mandate.revocationHash(), sig);
        _revoke(m, mandate);
    }

    /// @inheritdoc IProviderSettlement
    function stateOf(bytes32 mandate) external view returns (MandateState memory) {
        return _mandates[mandate];
    }

    /// @inheritdoc IProviderSettlement
    function hashMandate(Mandate calldata m) public view returns (bytes32) {
        return _hashTypedDataV4(m.structHash());
    }

    function _revoke(Mandate calldata m, bytes32 mandate) private {
        if (_mandates[mandate].revoked) return;
        _mandates[mandate].revoked = true;
        emit MandateRevoked(mandate, m.payer, msg.sender);
    }

    function _approve(Mandate calldata m, bytes32 mandate) private {
        _requireTerms(m);
        emit MandateApproved(
            mandate,
            m.providerId,
            m.payer,
            m.accountRef,
            m.token,
            m.maxPerPeriod,
            m.totalCap,
            m.period,
            m.start,
            m.end
        );
    }

    /// @dev Terms were checked at the approval, so the period is above 0, its index fits, and what is left fits into the state's words.
    function _spend(Mandate calldata m, MandateState storage state, uint256 amount) private returns (uint32 periodIndex) {
        periodIndex = uint32((block.timestamp - m.start) / m.period);
        uint256 spent = periodIndex == state.periodIndex ? state.spent : 0;
        uint256 total = state.total;
        uint256 left = Math.min(Math.saturatingSub(m.maxPerPeriod, spent), m.totalCap - total);
        if (amount > left) revert ProviderSettlementCapExceeded(amount, left);
        state.periodIndex = periodIndex;
        state.approved = true;
        state.spent = uint104(spent + amount);
        state.total = uint104(total + amount);
    }

    function _requireActive(Mandate calldata m, bytes32 mandate, MandateState storage state) private view {
        if (state.revoked || block.timestamp < m.start || block.timestamp >= m.end) revert ProviderSettlementMandateInactive(mandate);
    }

    function _requireTerms(Mandate calldata m) private pure {
        if (
            m.payer == address(0) ||
            m.token == NATIVE ||
            m.period == 0 ||
            m.end <= m.start ||
            m.totalCap > type(uint104).max ||
            (m.end - m.start) / m.period > type(uint32).max
        ) revert ProviderSettlementBadMandate();
    }
}
