// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What can go wrong with a proof on its way
/// @notice Each answers a copy; `spot` says where, and may be any number. A proof has to be long enough for its damage.
library ProofDamage {
    function flipped(bytes32 hash, uint256 spot) internal pure returns (bytes32) {
        return hash ^ bytes32(uint256(1) << (spot % 256));
    }

    function withBitFlipped(bytes32[] memory proof, uint256 spot) internal pure returns (bytes32[] memory damaged) {
        damaged = _copy(proof);
        uint256 place = (spot >> 8) % proof.length;
        damaged[place] = flipped(proof[place], spot);
    }

    function withHashCut(bytes32[] memory proof, uint256 spot) internal pure returns (bytes32[] memory damaged) {
        damaged = new bytes32[](proof.length - 1);
        uint256 place = spot % proof.length;
        for (uint256 i = 0; i < damaged.length; ++i) damaged[i] = proof[i < place ? i : i + 1];
    }

    function withHashDoubled(bytes32[] memory proof, uint256 spot) internal pure returns (bytes32[] memory) {
        uint256 place = spot % proof.length;
        return withHashAdded(proof, place, proof[place]);
    }

    function withHashAdded(bytes32[] memory proof, uint256 spot, bytes32 hash) internal pure returns (bytes32[] memory damaged) {
        damaged = new bytes32[](proof.length + 1);
        uint256 place = spot % damaged.length;
        for (uint256 i = 0; i < damaged.length; ++i) damaged[i] = i == place ? hash : proof[i < place ? i : i - 1];
    }

    /// @dev Two different places, so the proof needs two hashes.
    function withHashesSwapped(bytes32[] memory proof, uint256 spot) internal pure returns (bytes32[] memory damaged) {
        damaged = _copy(proof);
        uint256 one = spot % proof.length;
        uint256 other = (one + 1 + ((spot >> 128) % (proof.length - 1))) % proof.length;
        (damaged[one], damaged[other]) = (proof[other], proof[one]);
    }

    function _copy(bytes32[] memory proof) private pure returns (bytes32[] memory copy) {
        copy = new bytes32[](proof.length);
        for (uint256 i = 0; i < proof.length; ++i) copy[i] = proof[i];
    }
}
