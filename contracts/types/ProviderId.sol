// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A provider, as the registry knows it: the ledger maps each tenant to one.
type ProviderId is uint64;
