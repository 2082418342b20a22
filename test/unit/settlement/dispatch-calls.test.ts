import { describe, expect, it } from '@jest/globals';
import { AbiCoder, type ErrorFragment, Interface, type ParamType, toBeHex, zeroPadValue } from 'ethers';
import { demoDollarAbi } from '../../../contracts/generated/demo-dollar.ts';
import { ppvEscrowAbi } from '../../../contracts/generated/ppv-escrow.ts';
import { prepaidCreditAbi } from '../../../contracts/generated/prepaid-credit.ts';
import { providerRegistryAbi } from '../../../contracts/generated/provider-registry.ts';
import { providerSettlementAbi } from '../../../contracts/generated/provider-settlement.ts';
import { ChainRefusedFault, ChainUnavailableFault } from '../../../services/chain/application/chain-faults.ts';
import type { ChainNode } from '../../../services/chain/application/chain-node.ts';
import { ContractDispatchCalls } from '../../../services/settlement/adapters/chain/contract.dispatch-calls.ts';
import { issueOrdered } from './credit.fixtures.ts';
import { claimOrdered } from './sending.fixtures.ts';

const calls = new ContractDispatchCalls();
const errorIn = (data: string | undefined) => calls.errorIn(new ChainRefusedFault('eth_call', 'execution reverted', data));
const valueOf = ({ type }: ParamType): unknown => {
  if (type === 'address') return `0x${'07'.repeat(20)}`;
  if (type === 'string') return 'no';
  if (/^bytes\d+$/.test(type)) return zeroPadValue('0x07', Number(type.slice(5)));
  return type === 'bool' ? true : 7n;
};

function errorsOf(abi: readonly object[]): readonly (readonly [string, Interface, ErrorFragment])[] {
  const contract = new Interface(abi);
  return contract.fragments
    .filter((fragment): fragment is ErrorFragment => fragment.type === 'error')
    .map((error) => [error.name, contract, error] as const);
}

const contracts = { ppvEscrowAbi, prepaidCreditAbi, providerSettlementAbi, providerRegistryAbi };

describe('a call that a contract refused', () => {
  describe.each(Object.entries(contracts))('of %s', (_, abi) => {
    it.each(errorsOf(abi))('is told as %s, with its values', (name, contract, error) => {
      const said = errorIn(contract.encodeErrorResult(error, error.inputs.map(valueOf)));
      expect(said?.slice(0, name.length + 1)).toBe(`${name}(`);
      expect(said?.match(/,/g)?.length ?? 0).toBe(Math.max(error.inputs.length - 1, 0));
    });
  });

  it.each(['ERC20InsufficientBalance', 'ERC20InsufficientAllowance', 'ERC20InvalidReceiver'])('by a token is told as %s', (name) => {
    const token = new Interface(demoDollarAbi);
    const error = token.getError(name)!;
    expect(errorIn(token.encodeErrorResult(error, error.inputs.map(valueOf)))).toMatch(new RegExp(`^${name}\\(`));
  });

  it('by words is told in plain and short words, whatever a contract says', () => {
    const words = (text: string) => `0x08c379a0${AbiCoder.defaultAbiCoder().encode(['string'], [text]).slice(2)}`;
    expect(errorIn(words('transfer amount exceeds balance'))).toBe('Error(transfer amount exceeds balance)');
    expect(errorIn(words(`\u001b[31m${'x'.repeat(1_000)}`))).toHaveLength(200);
  });

  it('in a way that nobody knows, or cut short, is told by its bytes', () => {
    expect(errorIn('0xdeadbeef')).toBe('unknown(0xdeadbeef)');
    expect(errorIn('0x')).toBe('unknown(0x)');
    const selector = new Interface(demoDollarAbi).getError('ERC20InsufficientBalance')!.selector;
    expect(errorIn(`${selector}${toBeHex(7n, 32).slice(2)}`)).toMatch(/^unknown\(/);
  });

  it('is none where a node refused it, or did not answer', () => {
    expect(errorIn(undefined)).toBeUndefined();
    expect(calls.errorIn(new ChainUnavailableFault('gone'))).toBeUndefined();
  });
});

describe('the burning of credit that is over', () => {
  const credit = new Interface(prepaidCreditAbi);
  const contract = `0x${'c'.repeat(40)}`;
  const holder = `0x${'7'.repeat(40)}`;
  const ordered = { type: 'CreditExpiryOrdered/1', data: { chainId: '31337', contract, providerId: '17', holder, epoch: '84' } } as const;
  const nextIn = (currentEpoch: bigint, held: bigint) => {
    const node: ChainNode = {
      call: <Result>(method: string, asked: unknown, block: unknown) => {
        const { to, data } = asked as { readonly to: string; readonly data: string };
        const { name, args } = credit.parseTransaction({ data })!;
        expect([method, to, block]).toEqual(['eth_call', contract, 'latest']);
        if (name === 'balanceOfAtEpoch') expect([...args].map(String)).toEqual(['84', holder]);
        return Promise.resolve(toBeHex(name === 'currentEpoch' ? currentEpoch : held, 32) as Result);
      },
    };
    return calls.next(ordered, { node, from: `0x${'5'.repeat(40)}` });
  };

  it('waits until the month of grace has ended by the time of the chain', async () => {
    expect([await nextIn(84n, 5n), await nextIn(85n, 5n)]).toEqual(['too-early', 'too-early']);
    const call = { to: contract, data: credit.encodeFunctionData('expire', [holder]) };
    expect(await nextIn(86n, 5n)).toEqual({ step: 'main', call });
  });

  it('is none where somebody else has burnt it', async () => expect(await nextIn(86n, 0n)).toBeUndefined());
});

describe('credit that was paid for', () => {
  const nextWith = async (cap: bigint, left: bigint) => {
    const node: ChainNode = {
      call: <Result>() => Promise.resolve(new Interface(prepaidCreditAbi).encodeFunctionResult('dailyCap', [cap, left]) as Result),
    };
    const next = await calls.next({ type: 'CreditIssueOrdered/1', data: issueOrdered }, { node, from: `0x${'5'.repeat(40)}` });
    return typeof next === 'object' ? next.step : next;
  };
  const units = BigInt(issueOrdered.units);

  it('is given out while the cap of the day is not used up, and waits for the next day then', async () => {
    expect([await nextWith(units, units), await nextWith(units, units - 1n)]).toEqual(['main', 'too-early']);
  });

  it('is tried where no day can hold it, so that the refusal is told', async () =>
    expect(await nextWith(units - 1n, units - 1n)).toBe('main'));
});

describe('the claim of what was bought for a cancelled event', () => {
  const escrow = new Interface(ppvEscrowAbi);
  const claimedIn = (data: string) => (escrow.decodeFunctionData('claimRefunds', data)[3] as bigint[]).map(String);

  /** An escrow that refuses a claim as a whole for the first slot in it that is not held; `refusal`: for something else. */
  const nodeWhere = (held: readonly string[], refusal?: string): ChainNode => ({
    call: <Result>(_: string, call: unknown) => {
      const gone = claimedIn((call as { readonly data: string }).data).find((slot) => !held.includes(slot));
      const error = refusal ?? (gone === undefined ? undefined : escrow.encodeErrorResult('PpvEscrowNothingToRefund', [gone]));
      if (error !== undefined) return Promise.reject(new ChainRefusedFault('eth_call', 'execution reverted', error));
      return Promise.resolve('0x' as Result);
    },
  });
  const claimed = async (node: ChainNode) => {
    const next = await calls.next(claimOrdered(), { node, from: `0x${'5'.repeat(40)}` });
    return next === undefined || next === 'too-early' ? next : claimedIn(next.call.data);
  };

  it('is of all that is held, and leaves out what went back meanwhile', async () => {
    expect(await claimed(nodeWhere(['7', '8', '9']))).toEqual(['7', '8', '9']);
    expect(await claimed(nodeWhere(['8']))).toEqual(['8']);
  });

  it('is none where everything went back', async () => expect(await claimed(nodeWhere([]))).toBeUndefined());

  it('is sent whole, so that the refusal is told, where the escrow refuses it for another reason', async () => {
    const refusal = escrow.encodeErrorResult('PpvEscrowWrongStatus', [3]);
    expect(await claimed(nodeWhere([], refusal))).toEqual(['7', '8', '9']);
  });
});
