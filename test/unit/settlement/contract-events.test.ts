import { describe, expect, it } from '@jest/globals';
import { Interface } from 'ethers';
import { ppvEscrowAbi } from '../../../contracts/generated/ppv-escrow.ts';
import { prepaidCreditAbi } from '../../../contracts/generated/prepaid-credit.ts';
import { prepaidCreditFactoryAbi } from '../../../contracts/generated/prepaid-credit-factory.ts';
import { providerRegistryAbi } from '../../../contracts/generated/provider-registry.ts';
import { providerSettlementAbi } from '../../../contracts/generated/provider-settlement.ts';
import { contractEvents } from '../../../services/settlement/adapters/chain/contract-events.ts';

/** Who may do what on the platform, pauses, and what a token says beside our own events: none of that is about a provider's books. */
const platform = /^(Role|DefaultAdmin|Paused|Unpaused|EIP712DomainChanged|Transfer|Approval)/;

function eventsOf(abi: readonly (string | object)[]): string[] {
  const events: string[] = [];
  new Interface([...abi]).forEachEvent((event) => events.push(event.format('full')));
  return events.filter((event) => !platform.test(event.slice('event '.length))).toSorted();
}

describe('the events that the watcher reads', () => {
  it.each([
    ['registry', providerRegistryAbi],
    ['settlement', providerSettlementAbi],
    ['escrow', ppvEscrowAbi],
    ['credit', [...prepaidCreditFactoryAbi, ...prepaidCreditAbi].filter(({ type }) => type === 'event')],
  ] as const)('are those of the %s contract, to the name of each field', (module, abi) => {
    expect(eventsOf(contractEvents[module])).toEqual(eventsOf(abi));
  });
});
