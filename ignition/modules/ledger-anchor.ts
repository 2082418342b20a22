import { buildModule } from '@nomicfoundation/ignition-core';

/**
 * The anchor contract. Parameters: `adminDelay`, the seconds that a change of the admin waits; `admin`, who registers logs and names
 * guardians (a multisig or a timelock); `guardian`, who can freeze a log and nothing else.
 */
export default buildModule('LedgerAnchor', (module) => ({
  ledgerAnchor: module.contract('LedgerAnchor', [
    module.getParameter('adminDelay'),
    module.getParameter('admin'),
    module.getParameter('guardian'),
  ]),
}));
