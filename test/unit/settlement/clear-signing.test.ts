import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { FunctionFragment, id, Interface, type ParamType, TypedDataEncoder } from 'ethers';
import { ppvEscrowAbi } from '../../../contracts/generated/ppv-escrow.ts';
import { providerSettlementAbi } from '../../../contracts/generated/provider-settlement.ts';
import { writeDescriptors } from '../../../services/main/chain/descriptors.ts';
import { clearSigningDescriptors, type Format } from '../../../services/settlement/adapters/chain/clear-signing.ts';
import { fieldFormatOf } from '../../../services/settlement/adapters/chain/clear-signing-words.ts';
import type { SettlementChain } from '../../../services/settlement/application/settlement-chain.ts';
import { mandateTypes, revocationTypes } from '../../../services/settlement/domain/mandate-terms.ts';
import { offerTypes, quoteTypes } from '../../../services/settlement/domain/quote.ts';
import { descriptorSchema } from './clear-signing.schema.ts';

const at = (pair: string) => `0x${pair.repeat(20)}`;
const chain: SettlementChain = {
  ...{ chainId: '8453', rpcUrls: ['https://a.example'], codeHashes: {}, deploymentBlock: 1n, tokens: [] },
  contracts: { registry: at('01'), settlement: at('02'), escrow: at('03') },
  profile: { finality: 'tag', realMoney: false, confirmations: [] },
};
const files = clearSigningDescriptors([chain, { ...chain, chainId: '10' }], 'Street Stream');
const formatsOf = (file: string) => Object.entries(files[file]!.display.formats);
const everyFormat: (readonly [string, Format])[] = Object.keys(files).flatMap(formatsOf);
const contracts = [
  ['ProviderSettlement', new Interface(providerSettlementAbi)],
  ['PpvEscrow', new Interface(ppvEscrowAbi)],
] as const;
const paths = ({ fields }: Format) => fields.map((field) => (field as { path: string }).path);

/** Where values lie in parameters, found without the code under test: `q.amount`, `qs.[].amount`. */
function leaves({ baseType, components, arrayChildren }: ParamType, path: string): string[] {
  if (baseType === 'array') return leaves(arrayChildren!, `${path}.[]`);
  return baseType === 'tuple' ? components!.flatMap((component) => leaves(component, `${path}.${component.name}`)) : [path];
}

describe('what a hardware wallet shows of a payment', () => {
  const validate = new Ajv2020({ strict: false }).compile(descriptorSchema);

  it.each(Object.keys(files))('[SET-A36] fits what ERC-7730 states: %s', (file) => {
    expect([validate(files[file]), validate.errors]).toEqual([true, null]);
    const { context } = files[file] as { context: Record<string, { deployments: object[] }> };
    const deployments = (context['contract'] ?? context['eip712'])!.deployments;
    const address = file.includes('Escrow') ? at('03') : at('02');
    expect(deployments).toEqual(['8453', '10'].map((chainId) => ({ chainId: Number(chainId), address })));
  });

  it('is refused by the same check where it does not', () => {
    const [file] = Object.values(files);
    const [[key, format]] = Object.entries(file!.display.formats) as [[string, Format]];
    const withField = (field: object) => ({ ...file, display: { formats: { [key]: { ...format, fields: [field] } } } });
    for (const broken of [
      { ...file, context: {} },
      { ...file, display: { formats: { 'pay()(': format } } },
      withField({ path: 'q.amount', label: 'Amount', format: 'money' }),
      withField({ path: 'q.deadline', label: 'Good until', format: 'date' }),
      withField({ path: 'q.amount', label: 'Amount', format: 'tokenAmount', params: { token: at('01'), tokenPath: 'q.token' } }),
    ])
      expect([broken, validate(broken)]).toEqual([broken, false]);
  });

  it.each(contracts)('[SET-A36] is keyed by calls that the contract has: every way to pay, and every field of it: %s', (name, contract) => {
    const formats = formatsOf(`calldata-${name}.json`);
    const payable = contract.fragments.filter(
      (each) => each instanceof FunctionFragment && /^(pay|purchase)[A-Z]?/.test(each.name) && !each.constant,
    );
    const byName = payable.filter((each) => each instanceof FunctionFragment).map((each) => each.name);
    expect(formats.map(([key]) => key.split('(', 1)[0])).toEqual(expect.arrayContaining(byName));
    expect(byName.length).toBeGreaterThan(2);
    for (const [key, format] of formats) {
      const call = FunctionFragment.from(`function ${key}`);
      expect([key, contract.getFunction(call.selector)?.format('full').includes(key)]).toEqual([key, true]);
      expect([key, paths(format)]).toEqual([key, call.inputs.flatMap((input) => leaves(input, input.name))]);
    }
  });

  it('[SET-A36] is keyed by the types that are signed, whose hashes the contracts compute', () => {
    const types = [quoteTypes, mandateTypes, revocationTypes, offerTypes];
    const signed = types.map((each) => TypedDataEncoder.from(each).encodeType(Object.keys(each)[0] as string));
    const described = ['eip712-ProviderSettlement.json', 'eip712-PpvEscrow.json'].flatMap(formatsOf);
    expect(described.map(([key]) => id(key))).toEqual(signed.map((each) => id(each)));
    for (const [key, format] of described) {
      const [type] = types.filter((each) => key.startsWith(`${Object.keys(each)[0]}(`));
      expect(paths(format)).toEqual(Object.values(type!)[0]!.map((field) => field.name));
    }
  });

  it('shows every amount in its own token, and reads its sentence from fields that it shows', () => {
    for (const [key, format] of everyFormat) {
      const shown = format.fields.filter((field) => (field as { visible: string }).visible === 'always') as Record<string, unknown>[];
      const amounts = shown.filter((field) => field['format'] === 'tokenAmount') as { path: string; params: { tokenPath: string } }[];
      for (const { params } of amounts) expect([key, paths(format)]).toEqual([key, expect.arrayContaining([params.tokenPath])]);
      const named = [...(format.interpolatedIntent ?? '').matchAll(/\{([^}]+)\}/g)].map(([, path]) => path);
      expect([key, shown.map((field) => field['path'])]).toEqual([key, expect.arrayContaining(named)]);
    }
  });

  it('is not made of a field that nobody has found words for', () => {
    expect(() => fieldFormatOf('q.surprise', [])).toThrow('q.surprise has no words');
  });

  it('is written for the contracts that the operator configured', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tallyroot-descriptors-'));
    const configured = { ...chain, deploymentBlock: '1', contracts: { registry: at('01'), settlement: at('02') } };
    writeFileSync(join(folder, 'chains.json'), JSON.stringify([configured]));
    const environment = { SETTLEMENT_CHAINS: join(folder, 'chains.json') };
    const out = join(folder, 'out');
    await writeDescriptors(['--owner', 'Street Stream', '--out', out], environment);
    expect(readdirSync(out).sort()).toEqual(['calldata-ProviderSettlement.json', 'eip712-ProviderSettlement.json']);
    const written = JSON.parse(readFileSync(join(out, 'calldata-ProviderSettlement.json'), 'utf8')) as { metadata: { owner: string } };
    expect(written.metadata.owner).toBe('Street Stream');
    await expect(writeDescriptors(['--out', out], environment)).rejects.toThrow('--owner');
    await expect(writeDescriptors(['--owner', 'x', '--out', out], {})).rejects.toThrow('SETTLEMENT_CHAINS');
  });
});
