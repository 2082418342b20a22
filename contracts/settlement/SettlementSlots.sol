// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IProviderSettlement} from "../interfaces/IProviderSettlement.sol";
import {ExactTransfer} from "../payments/ExactTransfer.sol";
import {FeeVault} from "../payments/FeeVault.sol";
import {PlatformPause} from "../payments/PlatformPause.sol";
import {SignedBy} from "../payments/SignedBy.sol";
import {SlotBitmap, Slots} from "../payments/SlotBitmap.sol";
import {ProviderId} from "../types/ProviderId.sol";
import {Seq} from "../types/Seq.sol";

/// @title Slots, and how a payment is divided: what quotes and mandates have in common
abstract contract SettlementSlots is IProviderSettlement, FeeVault, PlatformPause, EIP712 {
    using SlotBitmap for Slots;

    /// @dev Who gets how much of a payment; no receiver where there is no fee.
    struct Split {
        address treasury;
        address feeReceiver;
        uint256 net;
        uint256 fee;
    }

    address internal constant NATIVE = address(0);

    Slots private _settled;

    /// @inheritdoc IProviderSettlement
    function isSettled(ProviderId providerId, Seq seq) external view returns (bool) {
        return _settled.isClosed(providerId, seq);
    }

    /// @inheritdoc IProviderSettlement
    function settledWord(ProviderId providerId, uint256 word) external view returns (uint256) {
        return _settled.words[providerId][word];
    }

    function _close(ProviderId providerId, Seq seq) internal {
        if (!_settled.close(providerId, seq)) revert ProviderSettlementAlreadySettled(providerId, seq);
    }

    /// @dev Each part is checked where it arrives, at once, so that no hook in between can make up for a part that is missing.
    function _pullSplit(address token, address payer, Split memory split) internal {
        _requireExact(ExactTransfer.pull(token, payer, split.treasury, split.net), split.net);
        _requireExact(_pullFee(token, payer, split.feeReceiver, split.fee), split.fee);
    }

    /// @dev Divides a token that just arrived here.
    function _pushSplit(address token, Split memory split) internal {
        _requireExact(ExactTransfer.push(token, split.treasury, split.net), split.net);
        _pushFee(token, split.feeReceiver, split.fee);
    }

    /// @dev Fills in what the fee leaves.
    function _divide(Split memory split, uint256 amount, uint16 bps) internal pure {
        uint256 fee = _feeOf(amount, bps);
        split.net = amount - fee;
        split.fee = fee;
    }

    function _requireSignature(address signer, bytes32 structHash, bytes calldata sig) internal view {
        if (!SignedBy.isSignedBy(_hashTypedDataV4(structHash), signer, sig))
            revert ProviderSettlementSignerNotAuthorised(signer);
    }

    function _requireAmount(uint256 amount) internal pure {
        if (amount == 0 || amount > type(uint128).max) revert ProviderSettlementAmountOutOfRange(amount);
    }

    function _requireExact(uint256 got, uint256 expected) internal pure {
        if (got != expected) revert ProviderSettlementInexactTransfer(got, expected);
    }
}
