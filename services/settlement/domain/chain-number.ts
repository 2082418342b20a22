import { keccak256, toUtf8Bytes } from 'ethers';

/*
 * Numbers of the ledger's own things on chain. They are derived and not chosen, so that no provider can take the number of another, and a
 * ledger that is built again finds the same ones (docs/decisions/0131).
 */

/** The provider's uint64 on every chain. */
export function providerIdOf(slug: string): string {
  return uint64Of(`tallyroot:settlement-provider:1\n${slug}`);
}

/** The uint64 of a title's event; `occurrence` counts from 1 and grows when the title is postponed. */
export function eventIdOf(slug: string, title: string, occurrence: number): string {
  return uint64Of(`tallyroot:ppv-event:1\n${slug}\n${title}\n${occurrence}`);
}

function uint64Of(text: string): string {
  return BigInt(keccak256(toUtf8Bytes(text)).slice(0, 18)).toString();
}
