// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title Signatures of keys and of contract wallets
library SignedBy {
    /// @notice Did the signer sign the digest, as a key (65 bytes, s in the lower half) or as a contract (ERC-1271)? Zero signs nothing.
    /// @dev The key comes first: whether an account has code is then never asked for one, which saves 2,600 gas a payment, and an account
    /// that delegated to code (EIP-7702) still signs with its key. ERC-6492 is not followed: nothing is deployed or called for a signer.
    function isSignedBy(bytes32 digest, address signer, bytes calldata sig) internal view returns (bool) {
        (address recovered, ECDSA.RecoverError failure, ) = ECDSA.tryRecoverCalldata(digest, sig);
        if (failure == ECDSA.RecoverError.NoError && recovered == signer) return true;
        return SignatureChecker.isValidERC1271SignatureNowCalldata(signer, digest, sig);
    }
}
