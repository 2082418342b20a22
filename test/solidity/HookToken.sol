// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Puppet} from "./Puppet.sol";

/// @title A token that tells sender and receiver of each transfer, as ERC-777 does
contract HookToken is ERC20("Hook Token", "HOOK") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function _update(address from, address to, uint256 amount) internal override {
        _tell(from);
        super._update(from, to, amount);
        _tell(to);
    }

    function _tell(address party) private {
        if (party.code.length == 0) return;
        try Puppet(payable(party)).onTokenMoved() {} catch {}
    }
}
