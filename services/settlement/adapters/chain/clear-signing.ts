import { type Fragment, FunctionFragment, type Interface, type ParamType, TypedDataEncoder, type TypedDataField } from 'ethers';
import { mandateTypes, revocationTypes } from '../../domain/mandate-terms.ts';
import { offerTypes, type PayModule, quoteTypes, signingDomain, zeroAddress } from '../../domain/quote.ts';
import type { SettlementChain } from '../../application/settlement-chain.ts';
import { fieldFormatOf, intents } from './clear-signing-words.ts';
import { escrowContract, settlementContract } from './contract-interfaces.ts';

/**
 * Descriptors of ERC-7730 (version 2 of its schema): with them a hardware wallet shows a sentence where it would show bytes. They are made from
 * the contracts' own interfaces and from the types that the ledger signs, so that they cannot say something else; a field without words stops
 * the making. Wallets take them from the public registry, once the source of the contracts is verified.
 */
export interface Descriptor {
  readonly $schema: string;
  readonly context: object;
  readonly metadata: object;
  readonly display: { readonly formats: Readonly<Record<string, Format>> };
}

export interface Format {
  readonly intent: string;
  readonly interpolatedIntent?: string;
  readonly fields: readonly object[];
}

interface Deployment {
  readonly chainId: number;
  readonly address: string;
}

const schema = 'https://raw.githubusercontent.com/ethereum/clear-signing-erc7730-registry/master/specs/erc7730-v2.schema.json';
const contracts: Readonly<Record<PayModule, { readonly name: string; readonly calls: Interface; readonly types: readonly Types[] }>> = {
  settlement: { name: 'ProviderSettlement', calls: settlementContract, types: [quoteTypes, mandateTypes, revocationTypes] },
  escrow: { name: 'PpvEscrow', calls: escrowContract, types: [offerTypes] },
};

type Types = Readonly<Record<string, TypedDataField[]>>;

/** The descriptors of everything that payers and signers confirm, by the file name that the registry wants. */
export function clearSigningDescriptors(chains: readonly SettlementChain[], owner: string): Readonly<Record<string, Descriptor>> {
  const files: Record<string, Descriptor> = {};
  for (const module of ['settlement', 'escrow'] as const) {
    const { name, calls, types } = contracts[module];
    const deployments = chains.flatMap((chain) => deploymentOf(chain, module));
    if (deployments.length === 0) continue;
    const metadata = { owner, contractName: name, constants: { nativeCoin: zeroAddress }, enums: { kind: kinds } };
    const file = (context: object, formats: Record<string, Format>): Descriptor => ({
      $schema: schema,
      context,
      metadata,
      display: { formats },
    });
    files[`calldata-${name}.json`] = file({ $id: name, contract: { deployments } }, callFormats(calls));
    const { name: domain, version } = signingDomain(module, { chainId: '1', contract: zeroAddress });
    files[`eip712-${name}.json`] = file({ eip712: { deployments, domain: { name: domain, version } } }, messageFormats(types));
  }
  return files;
}

/** `kind` of a quote, in words. */
const kinds = { '1': 'Invoice', '2': 'Top-up', '3': 'Title', '4': 'Deposit', '5': 'Prepaid credit' };

function deploymentOf({ chainId, contracts: at }: SettlementChain, module: PayModule): Deployment[] {
  const address = at[module];
  return address === undefined ? [] : [{ chainId: Number(chainId), address }];
}

function callFormats(calls: Interface): Record<string, Format> {
  const confirmed = calls.fragments.filter((fragment) => isConfirmed(fragment));
  return Object.fromEntries(confirmed.map((call) => [keyOf(call), formatOf(call.name, pathsOf(call.inputs))]));
}

/** What a payer confirms in a wallet, and not what the provider's own keys send. */
function isConfirmed(fragment: Fragment): fragment is FunctionFragment {
  return fragment instanceof FunctionFragment && Object.hasOwn(intents, fragment.name);
}

function messageFormats(types: readonly Types[]): Record<string, Format> {
  const formats = types.flatMap((each) =>
    Object.entries(each).map(([name, fields]): [string, Format] => [
      TypedDataEncoder.from({ [name]: fields }).encodeType(name),
      formatOf(
        name,
        fields.map((field) => field.name),
      ),
    ]),
  );
  return Object.fromEntries(formats);
}

/** The signature with the names of its parameters, as the standard wants it for a key. */
function keyOf({ name, inputs }: FunctionFragment): string {
  return `${name}(${inputs.map((input) => input.format('full')).join(', ')})`;
}

/** Paths of everything that a call carries, as far down as it goes: `q.amount`, `qs.[].amount`. */
function pathsOf(inputs: readonly ParamType[], above = ''): string[] {
  return inputs.flatMap((input) => {
    const path = `${above}${input.name}`;
    if (input.isArray() && input.arrayChildren.isTuple()) return pathsOf(input.arrayChildren.components, `${path}.[].`);
    return input.isTuple() ? pathsOf(input.components, `${path}.`) : [input.isArray() ? `${path}.[]` : path];
  });
}

function formatOf(name: string, paths: readonly string[]): Format {
  const words = intents[name];
  if (words === undefined) throw new TypeError(`${name} has no sentence for a wallet.`);
  return { ...words, fields: paths.map((path) => fieldFormatOf(path, paths)) };
}
