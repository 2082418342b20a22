// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Months of the Gregorian calendar
library CivilMonth {
    /// @dev Days from 0000-03-01 to 1970-01-01. A year that begins in March has its odd day last.
    uint256 private constant _DAYS_TO_UNIX = 719_468;
    /// @dev Months from 0000-03 to 2020-01.
    uint256 private constant _MONTHS_TO_2020 = 2019 * 12 + 10;
    /// @dev 400, 100 and 4 years of such days.
    uint256 private constant _ERA = 146_097;
    uint256 private constant _CENTURY = 36_524;
    uint256 private constant _OLYMPIAD = 1_461;

    /// @notice Months since January 2020 of the month in which a moment lies, in UTC. Reverts for moments before.
    /// @param timestamp Seconds since 1970-01-01T00:00:00Z, leap seconds left out.
    /// @dev Exact for every year: the calendar repeats after 400 years, of which all but the last day are cut into centuries, olympiads
    /// and years of equal length. From March on, five months have 153 days, so month `m` of a year begins on day (153 m + 2) / 5.
    function monthsSince2020(uint256 timestamp) internal pure returns (uint32) {
        uint256 day = timestamp / 1 days + _DAYS_TO_UNIX;
        uint256 dayOfEra = day % _ERA;
        uint256 yearOfEra = (dayOfEra - dayOfEra / (_OLYMPIAD - 1) + dayOfEra / _CENTURY - dayOfEra / (_ERA - 1)) / 365;
        uint256 dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        uint256 month = (5 * dayOfYear + 2) / 153;
        return uint32((day / _ERA * 400 + yearOfEra) * 12 + month - _MONTHS_TO_2020);
    }
}
