// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {MerkleVerdicts} from "./MerkleVerdicts.sol";
import {ProofDamage} from "./ProofDamage.sol";
import {Consistency, Inclusion} from "./RecursiveTree.sol";
import {vm} from "./Vm.sol";

/// @title The vectors that services, verifier and Go's tlog read too
contract MerkleVectorsTest is MerkleVerdicts {
    using ProofDamage for bytes32[];

    string private _json;

    function setUp() external {
        _json = vm.readFile("test/vectors/merkle-proofs.json");
    }

    function test_AcceptsEveryInclusionAndRefusesItDamaged() external view {
        uint256 count;
        for (string memory key = _key("inclusion", 0); vm.keyExistsJson(_json, key); key = _key("inclusion", ++count)) {
            Inclusion memory claim = Inclusion({
                size: uint64(vm.parseJsonUint(_json, string.concat(key, ".size"))),
                root: vm.parseJsonBytes32(_json, string.concat(key, ".root")),
                leaf: vm.parseJsonBytes32(_json, string.concat(key, ".leafHash")),
                index: uint64(vm.parseJsonUint(_json, string.concat(key, ".index"))),
                proof: vm.parseJsonBytes32Array(_json, string.concat(key, ".proof"))
            });
            assert(verdictOf(claim));
            bytes32[] memory proof = claim.proof;
            for (uint256 i = 0; i < proof.length; ++i) {
                claim.proof = proof.withBitFlipped((i << 8) + i);
                assert(!verdictOf(claim));
                claim.proof = proof.withHashCut(i);
                assert(!verdictOf(claim));
            }
            claim.proof = proof;
            claim.index ^= 1;
            assert(!verdictOf(claim));
        }
        assert(count == 20);
    }

    function test_AcceptsEveryConsistencyAndRefusesItDamaged() external view {
        uint256 count;
        for (string memory key = _key("consistency", 0); vm.keyExistsJson(_json, key); key = _key("consistency", ++count)) {
            Consistency memory claim = Consistency({
                oldSize: uint64(vm.parseJsonUint(_json, string.concat(key, ".size1"))),
                oldRoot: vm.parseJsonBytes32(_json, string.concat(key, ".root1")),
                newSize: uint64(vm.parseJsonUint(_json, string.concat(key, ".size2"))),
                newRoot: vm.parseJsonBytes32(_json, string.concat(key, ".root2")),
                proof: vm.parseJsonBytes32Array(_json, string.concat(key, ".proof"))
            });
            assert(verdictOf(claim));
            bytes32[] memory proof = claim.proof;
            for (uint256 i = 0; i < proof.length; ++i) {
                claim.proof = proof.withBitFlipped((i << 8) + i);
                assert(!verdictOf(claim));
                claim.proof = proof.withHashCut(i);
                assert(!verdictOf(claim));
            }
            claim.proof = proof;
            ++claim.oldSize;
            assert(!verdictOf(claim));
        }
        assert(count == 20);
    }

    function _key(string memory list, uint256 index) private pure returns (string memory) {
        return string.concat(".", list, "[", Strings.toString(index), "]");
    }
}
