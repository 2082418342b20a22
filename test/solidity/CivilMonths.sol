// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CivilMonth} from "../../contracts/CivilMonth.sol";

/// @title The months of many moments in one call
contract CivilMonths {
    function monthsOf(uint256[] calldata timestamps) external pure returns (uint32[] memory months) {
        months = new uint32[](timestamps.length);
        for (uint256 i = 0; i < timestamps.length; ++i) months[i] = CivilMonth.monthsSince2020(timestamps[i]);
    }
}
