// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What somebody is to a provider: a set of `ADMIN`, `SIGNER` and `REFUNDER`.
type Roles is uint8;

using {either as |, includesAny} for Roles global;

/// @dev Changes the provider's record in the registry.
Roles constant ADMIN = Roles.wrap(1);
/// @dev A hot key that signs quotes and offers.
Roles constant SIGNER = Roles.wrap(2);
/// @dev A hot key that pays money back.
Roles constant REFUNDER = Roles.wrap(4);

function either(Roles left, Roles right) pure returns (Roles) {
    return Roles.wrap(Roles.unwrap(left) | Roles.unwrap(right));
}

function includesAny(Roles held, Roles wanted) pure returns (bool) {
    return Roles.unwrap(held) & Roles.unwrap(wanted) != 0;
}
