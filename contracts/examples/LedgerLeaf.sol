// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

/// @title The leaf of a ledger event (docs/reference/log-format.md)
/// @notice An entry of the log is canonical JSON, so a contract that knows its fields can write it: `hashOf` composes the entry and hashes
/// it. Nothing is parsed, so nothing can be read in two ways. The price is about 30,000 gas of hexadecimal digits.
library LedgerLeaf {
    /// @param origin The log's origin.
    /// @param stream Of the event, for example `demo.account-acc_1`.
    /// @param eventType With its version, for example `ToppedUp/1`.
    /// @param eventId Lower-case UUID.
    struct Name {
        string origin;
        string stream;
        string eventType;
        string eventId;
    }

    /// @param decidedAt When the event was decided, `YYYY-MM-DDTHH:MM:SS.mmmZ`.
    /// @param meta The commitment to who and why.
    /// @param prev The leaf before it in its stream.
    /// @param rev Its place in its stream.
    struct Rest {
        bytes24 decidedAt;
        bytes32 meta;
        bytes32 prev;
        uint64 rev;
    }

    bytes16 private constant _DIGITS = "0123456789abcdef";

    /// @notice The leaf hash of an event: SHA-256(0x00 || entry).
    /// @param pay The commitment to its payload.
    /// @dev `decidedAt` is the only text that a caller chooses, and its length is fixed: whatever it holds, all else stands where it is agreed on.
    function hashOf(Name calldata name, Rest calldata rest, bytes32 pay) internal pure returns (bytes32) {
        bytes memory head = abi.encodePacked('{"at":"', rest.decidedAt, '","id":"', name.eventId, '","log":"', name.origin, '"');
        bytes memory hashes = abi.encodePacked(',"meta":"', _hex(rest.meta), '","pay":"', _hex(pay), '","prev":"', _hex(rest.prev), '"');
        bytes memory place = abi.encodePacked(',"rev":"', Strings.toString(rest.rev), '","stream":"', name.stream, '"');
        bytes memory kind = abi.encodePacked(',"type":"', name.eventType, '","v":"ledger-leaf/1"}');
        return sha256(abi.encodePacked(bytes1(0x00), head, hashes, place, kind));
    }

    /// @notice The commitment of an entry to its payload. The salt lies with the event.
    function payloadCommitment(bytes32 salt, bytes calldata payload) internal pure returns (bytes32) {
        return sha256(abi.encodePacked("ledger-pay/1", salt, uint32(payload.length), payload));
    }

    function _hex(bytes32 word) private pure returns (bytes memory text) {
        text = new bytes(64);
        for (uint256 i = 0; i < 32; ++i) {
            text[2 * i] = _DIGITS[uint8(word[i]) >> 4];
            text[2 * i + 1] = _DIGITS[uint8(word[i]) & 15];
        }
    }
}
