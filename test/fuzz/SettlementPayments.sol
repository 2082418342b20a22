// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {IProviderSettlement} from "../../contracts/interfaces/IProviderSettlement.sol";
import {Seq} from "../../contracts/types/Seq.sol";
import {SettlementModel} from "./SettlementModel.sol";
import {vm} from "./Vm.sol";

/// @title Every way to pay a quote, and many to get it wrong
abstract contract SettlementPayments is SettlementModel {
    struct Attempt {
        IProviderSettlement.Quote q;
        uint256 p;
        uint256 payer;
        uint8 method;
        address signer;
        bytes sig;
        /// @dev By the signer whom the call names, over the quote that it brings.
        bool isSigned;
        /// @dev The payer's own signature is somebody else's.
        bool isForged;
        uint256 value;
        uint256 nonce;
    }

    uint256 internal constant SLOTS = 6;
    bytes4 private constant _INVALID_NONCE = bytes4(keccak256("InvalidNonce()"));
    bytes4 private constant _INVALID_SIGNER = bytes4(keccak256("InvalidSigner()"));

    /// @dev Bits that a payer's payments have taken in Permit2.
    mapping(address payer => mapping(uint256 nonce => bool)) private _isUsed;

    /// @notice Pays a quote by one of five ways, damaged in two times of five.
    function pay(uint256 random) external {
        Attempt memory a = _attempt(random);
        address payer = payerOf(a.payer);
        bytes memory data = _callOf(a, random & (1 << 141) != 0);
        uint256 fee = _feeFrom(a.p, a.q.amount);
        uint256 allowance = _isPermitted(a) ? a.q.amount : allowed[payer];
        bytes memory refusal = _refusesNow();
        if (refusal.length == 0) refusal = _refusesWay(a);
        if (refusal.length == 0) refusal = _refusesQuote(a.q, payer, a.signer, a.isSigned);
        if (refusal.length == 0) refusal = _refusesMoney(a, allowance, fee);
        if (refusal.length == 0) {
            _expectSettled(a.q, payer, a.method);
            _expectFee(a.q.token, fee);
            if (a.method == ALLOWANCE || a.method == PERMIT) _spend(payer, a.q.token, allowance, a.q.amount);
            if (a.method == PERMIT2) _isUsed[payer][a.nonce] = true;
        }
        _step(a.method >= PERMIT2 ? STRANGER : payer, a.value, data, refusal);
    }

    /// @notice Pays two quotes at once, sometimes of two providers or of one slot.
    function payBatch(uint256 random) external {
        uint256 p = random % PROVIDERS;
        uint256 payer = (random >> 8) % PAYERS;
        uint256 damage = (random >> 100) % 16;
        IProviderSettlement.Quote[] memory qs = new IProviderSettlement.Quote[](2);
        bytes[] memory sigs = new bytes[](damage == 2 ? 1 : 2);
        qs[0] = _quote(p, (random >> 24) % SLOTS, (random >> 16) % ASSETS, 1 + ((random >> 32) % 1e12));
        qs[1] = _quote(damage == 0 ? 1 - p : p, (random >> 28) % SLOTS, (random >> 16) % ASSETS, 1 + ((random >> 72) % 1e6));
        if (damage == 1) qs[1].token = assetOf(((random >> 16) + 1) % ASSETS);
        if (damage == 3) qs[1].payer = STRANGER;
        for (uint256 i = 0; i < sigs.length; ++i)
            sigs[i] = _signed(_signerKey(damage == 4 && i == 1 ? 1 - p : p), settlement.hashQuote(qs[i]));
        uint256 value = qs[0].token == address(0) ? qs[0].amount + (damage == 5 ? 0 : qs[1].amount) : 0;
        bytes memory refusal = _refusesBatch(qs, p, payerOf(payer), damage);
        uint256 fee = _feeFrom(p, qs[0].amount) + _feeFrom(p, qs[1].amount);
        uint256 sum = qs[0].amount + qs[1].amount;
        if (refusal.length == 0) refusal = _refusesValue(value, qs[0].token == address(0) ? sum : 0);
        if (refusal.length == 0) refusal = _refusesPull(qs[0].token, allowed[payerOf(payer)], sum, fee);
        if (refusal.length == 0) {
            for (uint256 i = 0; i < 2; ++i) _expectSettled(qs[i], payerOf(payer), qs[0].token == address(0) ? NATIVE : ALLOWANCE);
            _expectFee(qs[0].token, fee);
            _spend(payerOf(payer), qs[0].token, allowed[payerOf(payer)], sum);
        }
        bytes memory data = abi.encodeCall(IProviderSettlement.payBatch, (qs, signerOf(p), sigs));
        _step(payerOf(payer), value, data, refusal);
    }

    /// @dev An allowance without an end stays.
    function _spend(address payer, address asset, uint256 allowance, uint256 amount) internal {
        if (asset == address(dollar)) allowed[payer] = allowance == type(uint256).max ? allowance : allowance - amount;
    }

    function _attempt(uint256 random) private view returns (Attempt memory a) {
        uint256 asset = (random >> 16) % ASSETS;
        uint256 damage = (random >> 104) % 32;
        (a.p, a.payer, a.nonce) = (random % PROVIDERS, (random >> 8) % PAYERS, (random >> 150) % 4);
        a.q = _quote(a.p, (random >> 24) % SLOTS, asset, 1 + ((random >> 32) % 1e12));
        if (random & (1 << 100) != 0) a.q.payer = payerOf(a.payer);
        uint256 signer = (random >> 130) % 4 == 0 ? a.p + PROVIDERS : a.p;
        a.signer = signerOf(signer);
        a.method = asset == 0 ? NATIVE : ALLOWANCE + uint8((random >> 120) % (asset == 1 ? 3 : 4));
        if (damage == 0) a.q.deadline = uint48(time);
        if (damage == 1) a.q.validAfter = uint48(time);
        if (damage == 2) a.q.payer = address(0xDEAD);
        if (damage == 3) a.q.kind = uint8(random >> 160) % 2 == 0 ? 0 : 6;
        if (damage == 4) a.q.amount = random & (1 << 161) == 0 ? 0 : 2 ** 128;
        a.sig = _signed(_signerKey(damage == 5 ? 1 - a.p : signer), settlement.hashQuote(a.q));
        if (damage == 6) a.q.amount += 1;
        a.isSigned = damage != 5 && damage != 6;
        a.isForged = damage > 6 && damage < 12;
        if (damage == 12) a.method = asset == 0 ? ALLOWANCE : NATIVE;
        if (a.method == NATIVE && asset == 0) a.value = damage == 13 ? a.q.amount - 1 : a.q.amount;
        // Nobody has as much.
        if (damage == 4) a.value = 0;
    }

    /// @param isEarly A permit is brought to the token by a stranger first, and the payment has to land all the same.
    function _callOf(Attempt memory a, bool isEarly) private returns (bytes memory) {
        uint256 key = _payerKey(a.isForged ? (a.payer + 1) % PAYERS : a.payer);
        address payer = payerOf(a.payer);
        if (a.method == NATIVE) return abi.encodeCall(IProviderSettlement.payNative, (a.q, a.signer, a.sig));
        if (a.method == ALLOWANCE) return abi.encodeCall(IProviderSettlement.payToken, (a.q, a.signer, a.sig));
        if (a.method == PERMIT) {
            (uint8 v, bytes32 r, bytes32 s) = _permitted(key, payer, address(settlement), a.q.amount);
            if (isEarly && _isPermitted(a)) {
                vm.prank(STRANGER);
                dollar.permit(payer, address(settlement), a.q.amount, FOREVER, v, r, s);
                allowed[payer] = a.q.amount;
            }
            return abi.encodeCall(IProviderSettlement.payWithPermit, (a.q, a.signer, a.sig, FOREVER, v, r, s));
        }
        if (a.method == PERMIT2) {
            bytes memory payerSig = _witnessedFor(key, a.nonce, a.q);
            return abi.encodeCall(IProviderSettlement.payWithPermit2, (a.q, a.signer, a.sig, payer, a.nonce, payerSig));
        }
        bytes memory auth = _authorizedFor(key, payer, a.q);
        return abi.encodeCall(IProviderSettlement.payWithAuthorization, (a.q, a.signer, a.sig, payer, auth));
    }

    /// @dev The native coin has one way, and no other asset has it.
    function _refusesWay(Attempt memory a) private pure returns (bytes memory) {
        if ((a.method == NATIVE) != (a.q.token == address(0)))
            return abi.encodeWithSelector(IProviderSettlement.ProviderSettlementWrongToken.selector, a.q.token);
        return _refusesValue(a.value, a.method == NATIVE ? a.q.amount : 0);
    }

    /// @dev A permit that fails stops nothing: what is allowed decides. Permit2 and EIP-3009 say whose word is missing.
    function _refusesMoney(Attempt memory a, uint256 allowance, uint256 fee) private view returns (bytes memory) {
        if (a.method == ALLOWANCE || a.method == PERMIT) return _refusesPull(a.q.token, allowance, a.q.amount, fee);
        if (a.method == PERMIT2 && _isUsed[payerOf(a.payer)][a.nonce]) return abi.encodeWithSelector(_INVALID_NONCE);
        if (a.method == PERMIT2 && a.isForged) return abi.encodeWithSelector(_INVALID_SIGNER);
        if (a.method == AUTHORIZATION && a.isForged) return abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector);
        return "";
    }

    function _isPermitted(Attempt memory a) private view returns (bool) {
        return a.method == PERMIT && a.q.token == address(dollar) && !a.isForged;
    }

    function _refusesBatch(
        IProviderSettlement.Quote[] memory qs,
        uint256 p,
        address payer,
        uint256 damage
    ) private view returns (bytes memory refusal) {
        refusal = _refusesNow();
        if (refusal.length > 0) return refusal;
        if (damage == 2) return abi.encodeWithSelector(IProviderSettlement.ProviderSettlementBatchLength.selector, 2, 1);
        refusal = _refusesQuote(qs[0], payer, signerOf(p), true);
        if (refusal.length > 0) return refusal;
        if (damage < 2) return abi.encodeWithSelector(IProviderSettlement.ProviderSettlementBatchMixed.selector, 1);
        refusal = _refusesTerms(qs[1], payer);
        if (refusal.length == 0 && damage == 4) refusal = _notAuthorised(signerOf(p));
        if (refusal.length == 0) refusal = _refusesSlot(qs[1].providerId, qs[1].seq);
        if (refusal.length == 0 && Seq.unwrap(qs[0].seq) == Seq.unwrap(qs[1].seq))
            refusal = abi.encodeWithSelector(IProviderSettlement.ProviderSettlementAlreadySettled.selector, p, qs[1].seq);
    }
}
