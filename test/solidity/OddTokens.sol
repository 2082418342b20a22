// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title A token without manners of its own: the others differ from it in one thing each
abstract contract BareToken {
    mapping(address holder => uint256) internal balances;
    mapping(address holder => mapping(address spender => uint256)) public allowance;

    function mint(address to, uint256 amount) external {
        balances[to] += amount;
    }

    function decimals() external view virtual returns (uint8) {
        return 6;
    }

    function approve(address spender, uint256 amount) external virtual returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        _move(msg.sender, to, amount);
        return _answer();
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        if (allowance[from][msg.sender] != type(uint256).max) allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
        return _answer();
    }

    function balanceOf(address holder) public view virtual returns (uint256) {
        return balances[holder];
    }

    function _move(address from, address to, uint256 amount) internal virtual {
        balances[from] -= amount;
        balances[to] += amount;
    }

    function _answer() internal virtual returns (bool) {
        return true;
    }
}

/// @title Keeps 1 % of what is moved
contract FeeToken is BareToken {
    function _move(address from, address to, uint256 amount) internal override {
        balances[from] -= amount;
        balances[to] += amount - amount / 100;
    }
}

/// @title Grows at each transfer
contract RebasingUpToken is BareToken {
    function _move(address from, address to, uint256 amount) internal override {
        super._move(from, to, amount);
        balances[to] += balances[to] / 100 + 1;
    }
}

/// @title Shrinks at each transfer, below what was there before
contract RebasingDownToken is BareToken {
    function _move(address from, address to, uint256 amount) internal override {
        super._move(from, to, amount);
        balances[to] = 0;
    }
}

/// @title Says false instead of reverting
contract FalseToken is BareToken {
    function _move(address, address, uint256) internal override {}

    function _answer() internal pure override returns (bool) {
        return false;
    }
}

/// @title Says true and moves nothing
contract IdleToken is BareToken {
    function _move(address, address, uint256) internal override {}
}

/// @title Says false and moves all the same
contract FalseButMovingToken is BareToken {
    function _answer() internal pure override returns (bool) {
        return false;
    }
}

/// @title Answers nothing, like USDT
contract SilentToken is BareToken {
    function _answer() internal pure override returns (bool) {
        assembly ("memory-safe") {
            return(0, 0)
        }
    }
}

/// @title Answers neither true nor false
contract GarbageToken is BareToken {
    function _answer() internal pure override returns (bool) {
        assembly ("memory-safe") {
            mstore(0, 2)
            return(0, 32)
        }
    }
}

/// @title Moves no zero
contract NoZeroToken is BareToken {
    error Zero();

    function _move(address from, address to, uint256 amount) internal override {
        if (amount == 0) revert Zero();
        super._move(from, to, amount);
    }
}

/// @title Approves only from zero or to zero, like USDT
contract NoReapproveToken is BareToken {
    error Reapproval();

    function approve(address spender, uint256 amount) external override returns (bool) {
        if (amount != 0 && allowance[msg.sender][spender] != 0) revert Reapproval();
        allowance[msg.sender][spender] = amount;
        return true;
    }
}

/// @title Changes into a token that keeps a part
contract UpgradeableToken is BareToken {
    bool private _takes;

    function upgrade() external {
        _takes = true;
    }

    function _move(address from, address to, uint256 amount) internal override {
        balances[from] -= amount;
        balances[to] += _takes ? amount - 1 : amount;
    }
}

/// @title Stops
contract PausedToken is BareToken {
    bool private _stopped;

    error Stopped();

    function stop(bool stopped) external {
        _stopped = stopped;
    }

    function _move(address from, address to, uint256 amount) internal override {
        if (_stopped) revert Stopped();
        super._move(from, to, amount);
    }
}

/// @title Knows who must not have it
contract BlocklistToken is BareToken {
    mapping(address account => bool) private _blocked;

    error Blocked(address account);

    function blockAccount(address account, bool isBlocked) external {
        _blocked[account] = isBlocked;
    }

    function _move(address from, address to, uint256 amount) internal override {
        if (_blocked[from]) revert Blocked(from);
        if (_blocked[to]) revert Blocked(to);
        super._move(from, to, amount);
    }
}

/// @title Takes the largest number for everything that the holder has
contract AllAtMaxToken is BareToken {
    function _move(address from, address to, uint256 amount) internal override {
        super._move(from, to, amount == type(uint256).max ? balances[from] : amount);
    }
}

/// @title Lies about one account's balance
contract LyingToken is BareToken {
    address private _liedAbout;
    uint256 private _lie;

    function lieAbout(address account) external {
        _liedAbout = account;
    }

    function balanceOf(address holder) public view override returns (uint256) {
        return holder == _liedAbout ? balances[holder] + _lie : balances[holder];
    }

    function _move(address from, address to, uint256 amount) internal override {
        if (to == _liedAbout) _lie += amount;
        else super._move(from, to, amount);
    }
}

/// @title Says that it has these decimals
contract DecimalsToken is BareToken {
    uint8 private immutable _DECIMALS;

    constructor(uint8 decimals_) {
        _DECIMALS = decimals_;
    }

    function decimals() external view override returns (uint8) {
        return _DECIMALS;
    }
}

/// @title Takes any call that it does not know for a deposit, like WETH: `permit` too
contract PhantomPermitToken is BareToken {
    fallback() external {}
}

/// @title A second address of the same token, like TUSD had
contract SecondAddress {
    IERC20 private immutable _TOKEN;

    constructor(IERC20 token) {
        _TOKEN = token;
    }

    fallback(bytes calldata data) external returns (bytes memory) {
        (, bytes memory answer) = address(_TOKEN).call(data);
        return answer;
    }
}

/// @title Tells the receiver, like ERC-777
contract HookToken is BareToken {
    function _move(address from, address to, uint256 amount) internal override {
        super._move(from, to, amount);
        if (to.code.length == 0) return;
        (bool isTaken, ) = to.call(abi.encodeWithSignature("tokensReceived(address,uint256)", from, amount));
        isTaken; // A receiver without the hook has the money all the same.
    }
}
