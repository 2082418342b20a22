// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFeeVault} from "../../contracts/interfaces/IFeeVault.sol";
import {IProviderSettlement} from "../../contracts/interfaces/IProviderSettlement.sol";
import {SettlementHandler} from "./SettlementHandler.sol";

/// @title What holds of the settlement after every call, whoever makes it and in whatever order
/// @notice The handler itself fails on an answer that it does not expect (I2, I5, I6, M3, M5), on money that moves otherwise than the events
/// say (I3, I4, I5) and on a fee that is not its share (I8).
contract SettlementInvariants {
    uint256 private constant _SELECTORS = 10;

    SettlementHandler private _handler;
    mapping(bytes4 selector => uint256) private _taken;
    mapping(bytes4 selector => uint256) private _refused;

    function setUp() external {
        _handler = _begun();
    }

    /// @notice A history of six calls, of any kind, by anybody; the runner takes another ten thousand times.
    function testFuzz_I1_I2_I7_M1_M2_M4_TheEventsAreTheBooks(uint256[6] calldata randoms) external {
        for (uint256 i = 0; i < randoms.length; ++i) {
            _any(uint256(keccak256(abi.encode(randoms[i]))));
            _handler.assertBooksAreTheState();
        }
        _handler.assertMandatesAreKept();
    }

    /// @notice The laws would hold of a contract that refuses everything, and of a handler that asks for nothing.
    function test_TheHandlerMeetsBothAnswersOfEveryCall() external {
        for (uint256 i = 0; i < 150; ++i) {
            if (i % 50 == 0) _handler = _begun();
            uint256 random = uint256(keccak256(abi.encode(i)));
            _handler.pay(random);
            _handler.payBatch(random >> 1);
            _handler.collect(random >> 2);
            _handler.refund(random >> 3);
            _handler.claim(random >> 4);
            _handler.surround(random >> 5);
            if (i % 5 == 0) _handler.approve(random >> 6);
            if (i % 5 == 1) _handler.cancel(random >> 7);
            if (i % 5 == 2) _handler.revoke(random >> 8);
            _handler.assertBooksAreTheState();
            _handler.assertMandatesAreKept();
            _count();
        }
        for (uint256 i = 0; i < _SELECTORS; ++i) assert(_taken[_selector(i)] > 0 && _refused[_selector(i)] > 0);
    }

    /// @dev Both providers pay a fee already, and its receiver is on a blocklist, so that short histories get far.
    function _begun() private returns (SettlementHandler handler) {
        handler = new SettlementHandler();
        handler.surround(6_553_603); // Provider 0 pays 1 %,
        handler.surround(6_553_861); // and so does provider 1,
        handler.surround(4); // seven days later.
        handler.surround(2);
    }

    function _any(uint256 random) private {
        uint256 kind = random % 12;
        random >>= 8;
        if (kind < 3) _handler.pay(random);
        else if (kind == 3) _handler.payBatch(random);
        else if (kind < 7) _handler.collect(random);
        else if (kind == 7) _handler.cancel(random);
        else if (kind == 8) _handler.refund(random);
        else if (kind == 9) _handler.claim(random);
        else if (kind == 10) _handler.surround(random);
        else if (random % 4 == 0) _handler.approve(random >> 2);
        else _handler.revoke(random >> 2);
    }

    /// @dev The most that one handler met; they are replaced, since slots run out.
    function _count() private {
        for (uint256 i = 0; i < _SELECTORS; ++i) {
            bytes4 selector = _selector(i);
            if (_handler.taken(selector) > _taken[selector]) _taken[selector] = _handler.taken(selector);
            if (_handler.refused(selector) > _refused[selector]) _refused[selector] = _handler.refused(selector);
        }
    }

    function _selector(uint256 i) private pure returns (bytes4) {
        return
            [
                IProviderSettlement.payNative.selector,
                IProviderSettlement.payToken.selector,
                IProviderSettlement.payWithAuthorization.selector,
                IProviderSettlement.payBatch.selector,
                IProviderSettlement.collect.selector,
                IProviderSettlement.approveMandate.selector,
                IProviderSettlement.revoke.selector,
                IProviderSettlement.cancelSeq.selector,
                IProviderSettlement.refund.selector,
                IFeeVault.claimFees.selector
            ][i];
    }
}
