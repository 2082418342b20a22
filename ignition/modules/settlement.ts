import { buildModule } from '@nomicfoundation/ignition-core';

/**
 * The registry of providers, and what settles for them. Parameters: `adminDelay`, the seconds that a change of the platform's admin waits;
 * `admin`, who creates and recovers providers (a multisig or a timelock); `guardian`, who can pause; `feeAdmin`, who sets fees up to `feeCap`
 * hundredths of a percent; `feeReceiver`; `permit2`, where Permit2 stands on the chain.
 */
export default buildModule('Settlement', (module) => {
  const platform = ['adminDelay', 'admin', 'guardian', 'feeAdmin', 'feeCap', 'feeReceiver'].map((name) => module.getParameter(name));
  const permit2 = module.getParameter('permit2');
  const registry = module.contract('ProviderRegistry', platform);
  return {
    registry,
    settlement: module.contract('ProviderSettlement', [registry, permit2]),
    escrow: module.contract('PpvEscrow', [registry, permit2]),
    creditFactory: module.contract('PrepaidCreditFactory', [registry]),
  };
});
