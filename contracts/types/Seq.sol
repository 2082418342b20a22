// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A settlement slot of a provider: one invoice, instalment, top-up, refund or purchase, closed once. The ledger allocates it.
type Seq is uint64;
