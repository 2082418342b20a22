// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ProviderSettlement} from "../../contracts/ProviderSettlement.sol";
import {IPermit2} from "../../contracts/interfaces/IPermit2.sol";
import {IProviderSettlement} from "../../contracts/interfaces/IProviderSettlement.sol";
import {ProviderId} from "../../contracts/types/ProviderId.sol";
import {Seq} from "../../contracts/types/Seq.sol";
import {ProviderWorld} from "./ProviderWorld.sol";

/// @title The settlement, and what is signed for it
abstract contract SettlementWorld is ProviderWorld {
    string private constant _QUOTE_TYPE =
        "Quote(uint64 providerId,uint64 seq,bytes32 invoiceRef,uint8 kind,address payer,address token,uint256 amount,"
        "bytes3 currency,uint128 fiatMinor,uint48 validAfter,uint48 deadline)";

    ProviderSettlement internal settlement;

    constructor() {
        settlement = new ProviderSettlement(registry, permit2);
        for (uint256 i = 0; i < PAYERS; ++i) _fund(payerOf(i), address(settlement));
        for (uint256 i = 0; i < 2 * PROVIDERS; ++i) _fund(signerOf(i), address(settlement));
    }

    function _quote(
        uint256 provider,
        uint256 seq,
        uint256 asset,
        uint256 amount
    ) internal view returns (IProviderSettlement.Quote memory) {
        return
            IProviderSettlement.Quote({
                providerId: ProviderId.wrap(uint64(provider)),
                seq: Seq.wrap(uint64(seq)),
                invoiceRef: keccak256(abi.encode(provider, seq)),
                kind: 1,
                payer: address(0),
                token: assetOf(asset),
                amount: amount,
                currency: "EUR",
                fiatMinor: 1,
                validAfter: 0,
                deadline: FOREVER
            });
    }

    function _authorizedFor(uint256 key, address from, IProviderSettlement.Quote memory q) internal view returns (bytes memory) {
        return _authorized(key, from, address(settlement), q.amount, [q.validAfter, q.deadline], _structHash(q));
    }

    function _witnessedFor(uint256 key, uint256 nonce, IProviderSettlement.Quote memory q) internal view returns (bytes memory) {
        IPermit2.PermitTransferFrom memory permit = IPermit2.PermitTransferFrom({
            permitted: IPermit2.TokenPermissions(q.token, q.amount),
            nonce: nonce,
            deadline: q.deadline
        });
        string memory witness = string.concat("Quote witness)", _QUOTE_TYPE, "TokenPermissions(address token,uint256 amount)");
        return _witnessed(key, address(settlement), permit, _structHash(q), witness);
    }

    function _structHash(IProviderSettlement.Quote memory q) private pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(bytes(_QUOTE_TYPE)), q));
    }
}
