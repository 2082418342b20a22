// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ProviderWorld} from "./ProviderWorld.sol";

/// @title What everybody has to have of every asset
/// @notice A movement that nobody booked is a difference, whoever it happened to.
abstract contract MoneyBook is ProviderWorld {
    error HoldsOtherwise(address account, address asset, uint256 expected, uint256 actual);

    address[] private _accounts;
    mapping(address account => mapping(address asset => uint256)) internal held;

    /// @dev Looks at an account from now on.
    function _follow(address account) internal {
        _accounts.push(account);
        for (uint256 a = 0; a < ASSETS; ++a) held[account][assetOf(a)] = _balance(account, assetOf(a));
    }

    function _move(address from, address to, address asset, uint256 amount) internal {
        held[from][asset] -= amount;
        held[to][asset] += amount;
    }

    function _requireBalances() internal view {
        for (uint256 a = 0; a < ASSETS; ++a)
            for (uint256 i = 0; i < _accounts.length; ++i) {
                (address account, address asset) = (_accounts[i], assetOf(a));
                uint256 actual = _balance(account, asset);
                if (actual != held[account][asset]) revert HoldsOtherwise(account, asset, held[account][asset], actual);
            }
        assert(STRANGER.balance == 0);
    }

    function _balance(address account, address asset) private view returns (uint256) {
        return asset == address(0) ? account.balance : IERC20(asset).balanceOf(account);
    }
}
