import { HDNodeWallet, Mnemonic } from 'ethers';

/** Accounts that the development nodes make from their published phrase, as many as they make by default. */
const wellKnownCount = 20;
let wellKnown: Set<string> | undefined;

/** Whether everybody has the key of this address: it is refused wherever money has a worth. */
export function isWellKnown({ address }: { readonly address: string }): boolean {
  wellKnown ??= wellKnownAddresses();
  return wellKnown.has(address);
}

function wellKnownAddresses(): Set<string> {
  const phrase = Mnemonic.fromPhrase('test test test test test test test test test test test junk');
  const root = HDNodeWallet.fromMnemonic(phrase, "m/44'/60'/0'/0");
  return new Set(Array.from({ length: wellKnownCount }, (_, index) => root.deriveChild(index).address));
}
