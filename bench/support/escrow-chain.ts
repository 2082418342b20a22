import { Contract, id, MaxUint256, type TypedDataDomain, ZeroAddress } from 'ethers';
import { ppvEscrowAbi, ppvEscrowBytecode } from '../../contracts/generated/ppv-escrow.ts';
import { prepaidCreditAbi } from '../../contracts/generated/prepaid-credit.ts';
import { prepaidCreditFactoryAbi, prepaidCreditFactoryBytecode } from '../../contracts/generated/prepaid-credit-factory.ts';
import { providerRegistryAbi } from '../../contracts/generated/provider-registry.ts';
import { type Offer, offerTypes, type Redemption, redeemTypes } from './escrow-signing.ts';
import { providerId, sent, type SettlementChain } from './settlement-chain.ts';

export const day = 86_400;

/** The escrow and the credit of provider 1, beside the settlement contracts. */
export interface EscrowChain extends SettlementChain {
  readonly escrow: Contract;
  readonly factory: Contract;
  /** The token of provider 1, with two decimals, which the collector issues. */
  readonly credit: Contract;
  readonly escrowDomain: TypedDataDomain;
  readonly creditDomain: TypedDataDomain;
  /** When events of `offer` can be captured: a day after this was made. */
  readonly captureAfter: number;
  /** An offer of event 1 in the dollar for 12.50, but for what is given. */
  readonly offer: (given?: Partial<Offer>) => Offer;
  readonly signOffer: (offer: Offer) => Promise<string>;
  /** Redeems 1.00 of the payer's credit. */
  readonly redemption: (given?: Partial<Redemption>) => Redemption;
  readonly signRedemption: (redemption: Redemption) => Promise<string>;
}

const farFuture = 4_102_444_800;
/** Units of credit that may be issued on one day. */
export const dailyCap = 1_000_000n;

/** Deploys on the chain of the settlement contracts, for the provider that they know; the payer has allowed the escrow its dollars. */
export async function escrowOn(settlement: SettlementChain): Promise<EscrowChain> {
  const { chain, registry, dollar, permit2, hands, deploy } = settlement;
  const registryAddress = await registry.getAddress();
  const escrow = await deploy([...ppvEscrowAbi, ...errorsOf(providerRegistryAbi)], ppvEscrowBytecode, registryAddress, permit2);
  const factory = await deploy(prepaidCreditFactoryAbi, prepaidCreditFactoryBytecode, registryAddress);
  await sent(factory, hands.providerAdmin, 'createCredit', providerId, 2, '0x455552', dailyCap, 'Demo Credit', 'DEMO');
  const creditAddress = (await factory.getFunction('creditOf')(providerId)) as string;
  const credit = new Contract(creditAddress, prepaidCreditAbi, chain.provider);
  await sent(credit, hands.providerAdmin, 'setMinter', hands.collector.address, farFuture);
  const [verifyingContract, token] = await Promise.all([escrow.getAddress(), dollar.getAddress()]);
  await sent(dollar, hands.payer, 'approve', verifyingContract, MaxUint256);
  const captureAfter = ((await chain.provider.getBlock('latest'))?.timestamp ?? 0) + day;
  const { chainId } = await chain.provider.getNetwork();
  const escrowDomain = { name: 'Tallyroot Escrow', version: '1', chainId, verifyingContract };
  const creditDomain = { name: 'Demo Credit', version: '1', chainId, verifyingContract: creditAddress };
  return {
    ...settlement,
    ...{ escrow, factory, credit, escrowDomain, creditDomain, captureAfter },
    offer: (given = {}) => ({
      ...{ providerId, eventId: 1n, seq: 1n, payer: ZeroAddress, token, amount: 12_500_000n, ref: id(`ticket ${given.seq ?? 1n}`) },
      ...{ captureAfter, reclaimAfter: captureAfter + 14 * day, deadline: farFuture },
      ...given,
    }),
    signOffer: (offer) => hands.signer.signTypedData(escrowDomain, offerTypes, offer),
    redemption: (given = {}) => ({
      ...{ holder: hands.payer.address, amount: 100n, invoiceRef: id('invoice'), seq: 1n, deadline: farFuture },
      ...given,
    }),
    signRedemption: (redemption) => hands.payer.signTypedData(creditDomain, redeemTypes, redemption),
  };
}

/** What a call can end with that was made on behalf of the escrow. */
function errorsOf(abi: readonly { readonly type: string; readonly name?: string }[]): readonly object[] {
  const known = new Set(ppvEscrowAbi.flatMap((item) => (item.type === 'error' ? [item.name as string] : [])));
  return abi.filter(({ type, name }) => type === 'error' && !known.has(name ?? ''));
}
