// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The cheatcodes that these tests use, of those that Hardhat's runner answers
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    /// @notice The next call comes from this address.
    function prank(address caller) external;
    /// @notice Leaves out a run whose inputs make no case.
    function assume(bool condition) external pure;
    /// @notice Sets the time of the block.
    function warp(uint256 timestamp) external;
    /// @notice Sets a balance.
    function deal(address account, uint256 balance) external;
    /// @notice The address of a private key.
    function addr(uint256 privateKey) external pure returns (address);
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    /// @notice Remembers everything, and answers a number for it.
    function snapshotState() external returns (uint256 snapshot);
    /// @notice Everything is as it was.
    function revertToState(uint256 snapshot) external returns (bool);
    /// @notice Begins to record events; `getRecordedLogs` answers them once.
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory);
    /// @notice Only what the configuration permits.
    function readFile(string calldata path) external view returns (string memory);
    function keyExistsJson(string calldata json, string calldata key) external view returns (bool);
    function parseJsonUint(string calldata json, string calldata key) external pure returns (uint256);
    function parseJsonBytes(string calldata json, string calldata key) external pure returns (bytes memory);
    function parseJsonBytes32(string calldata json, string calldata key) external pure returns (bytes32);
    function parseJsonBytes32Array(string calldata json, string calldata key) external pure returns (bytes32[] memory);
}

/// @dev The address that the runner listens at.
Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
