import { describe, expect, it } from '@jest/globals';
import { AbiCoder, concat, keccak256, toBeHex, toUtf8Bytes, TypedDataEncoder, Wallet, zeroPadValue } from 'ethers';
import fc from 'fast-check';
import {
  currencyWord,
  digestOf,
  invoiceRefOf,
  type Offer,
  type Quote,
  quoteTypes,
  type SignedTerms,
  signingDomain,
  structHashOf,
  typedTerms,
} from '../../../services/settlement/domain/quote.ts';

const seed = 6;
const uint = (bits: number) => fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n }).map(String);
const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((each) => `0x${Buffer.from(each).toString('hex')}`);
const quotes: fc.Arbitrary<Quote> = fc.record({
  ...{ providerId: uint(64), seq: uint(64), invoiceRef: hex(32), kind: uint(8), payer: hex(20), token: hex(20) },
  ...{ amount: uint(256), currency: hex(3), fiatMinor: uint(128), validAfter: uint(48), deadline: uint(48) },
});
const offers: fc.Arbitrary<Offer> = fc.record({
  ...{ providerId: uint(64), eventId: uint(64), seq: uint(64), payer: hex(20), token: hex(20), amount: uint(96) },
  ...{ ref: hex(32), captureAfter: uint(48), reclaimAfter: uint(48), deadline: uint(48) },
});
const terms: fc.Arbitrary<SignedTerms> = fc.oneof(
  quotes.map((quote) => ({ module: 'settlement' as const, quote })),
  offers.map((offer) => ({ module: 'escrow' as const, offer })),
);
const places = fc.record({ chainId: uint(64), contract: hex(20) });

const quoteType =
  'Quote(uint64 providerId,uint64 seq,bytes32 invoiceRef,uint8 kind,address payer,address token,uint256 amount,' +
  'bytes3 currency,uint128 fiatMinor,uint48 validAfter,uint48 deadline)';
const offerType =
  'Offer(uint64 providerId,uint64 eventId,uint64 seq,address payer,address token,uint96 amount,bytes32 ref,' +
  'uint48 captureAfter,uint48 reclaimAfter,uint48 deadline)';

/** EIP-712 a second time, in words: every field takes 32 bytes, a short word of bytes stands at the left. */
function structHashBySecondEncoder(type: string, value: object): string {
  const fields = [...type.matchAll(/(\w+) (\w+)[,)]/g)].map(([, kind, name]) => {
    const text = (value as Record<string, string>)[name as string] as string;
    if (kind === 'bytes3') return text.padEnd(66, '0');
    return text.startsWith('0x') ? zeroPadValue(text, 32) : toBeHex(BigInt(text), 32);
  });
  return keccak256(concat([keccak256(toUtf8Bytes(type)), ...fields]));
}

function digestBySecondEncoder(name: string, { chainId, contract }: { chainId: string; contract: string }, structHash: string): string {
  const domainType = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)';
  const words = [keccak256(toUtf8Bytes(domainType)), keccak256(toUtf8Bytes(name)), keccak256(toUtf8Bytes('1'))];
  const separator = keccak256(concat([...words, toBeHex(BigInt(chainId), 32), zeroPadValue(contract, 32)]));
  return keccak256(concat(['0x1901', separator, structHash]));
}

const typeOf = ({ module }: SignedTerms) => (module === 'settlement' ? quoteType : offerType);
const nameOf = ({ module }: SignedTerms) => (module === 'settlement' ? 'Tallyroot Settlement' : 'Tallyroot Escrow');

describe('a quote', () => {
  it('has the struct hash and the digest that a second encoder gives it', () =>
    fc.assert(
      fc.property(terms, places, (each, place) => {
        const structHash = structHashBySecondEncoder(typeOf(each), typedTerms(each).value);
        expect(structHashOf(each)).toBe(structHash);
        expect(digestOf(each, place)).toBe(digestBySecondEncoder(nameOf(each), place, structHash));
      }),
      { seed, numRuns: 200 },
    ));

  it('[SET-A2] has another digest when any of its fields is another', () =>
    fc.assert(
      fc.property(quotes, quotes, places, (quote, other, place) => {
        for (const field of Object.keys(quote) as (keyof Quote)[]) {
          if (quote[field] === other[field]) continue;
          const changed = { ...quote, [field]: other[field] };
          expect(digestOf({ module: 'settlement', quote: changed }, place)).not.toBe(digestOf({ module: 'settlement', quote }, place));
        }
      }),
      { seed, numRuns: 50 },
    ));

  it('[SET-A1] is signed for one chain and one contract', () =>
    fc.assert(
      fc.property(terms, places, places, (each, place, other) => {
        fc.pre(place.chainId !== other.chainId || place.contract !== other.contract);
        expect(digestOf(each, place)).not.toBe(digestOf(each, other));
      }),
      { seed, numRuns: 50 },
    ));

  it('is signed the way a wallet signs typed data', async () => {
    const wallet = new Wallet(`0x${'11'.repeat(32)}`);
    const [quote] = fc.sample(quotes, { seed, numRuns: 1 }) as [Quote];
    const place = { chainId: '31337', contract: `0x${'ab'.repeat(20)}` };
    const signature = await wallet.signTypedData(signingDomain('settlement', place), quoteTypes, quote);
    expect(wallet.signingKey.sign(digestOf({ module: 'settlement', quote }, place)).serialized).toBe(signature);
    expect(TypedDataEncoder.from(quoteTypes).encodeType('Quote')).toBe(quoteType);
  });
});

describe('the reference to an invoice', () => {
  const reference = { salt: `0x${'01'.repeat(32)}`, invoiceId: 'inv_1', termsHash: `0x${'02'.repeat(32)}` };

  it('is the hash of salt, invoice and terms as the chain encodes them', () => {
    const encoded = AbiCoder.defaultAbiCoder().encode(
      ['bytes32', 'string', 'bytes32'],
      [reference.salt, reference.invoiceId, reference.termsHash],
    );
    expect(invoiceRefOf(reference)).toBe(keccak256(encoded));
  });

  it('binds each of the three', () => {
    const others = [
      { ...reference, salt: `0x${'03'.repeat(32)}` },
      { ...reference, invoiceId: 'inv_2' },
      { ...reference, termsHash: `0x${'03'.repeat(32)}` },
    ];
    expect(new Set([reference, ...others].map(invoiceRefOf)).size).toBe(4);
  });
});

it('writes a currency as three letters, and no other kind of name', () => {
  expect(currencyWord('EUR')).toBe('0x455552');
  expect(currencyWord('USDC')).toBeUndefined();
});
