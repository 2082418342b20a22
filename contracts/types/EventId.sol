// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A pay-per-view event of a provider, in its escrow.
type EventId is uint64;
