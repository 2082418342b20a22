import type { WitnessAddress } from '../integrity/adapters/witness/http.witness.ts';
import { parseCosignerKey } from '../integrity/domain/cosignature.ts';

/** Reads `<url>#<vkey>,<url>#<vkey>`. Throws `RangeError` that says what is wrong; a URL is not repeated, since it may hold a password. */
export function readWitnesses(text: string): readonly WitnessAddress[] {
  const witnesses = text.split(',').map((part) => addressOf(part.trim()));
  const keys = new Set(witnesses.map(({ key }) => key.vkey.split('+').at(-1)));
  if (keys.size < witnesses.length) throw new RangeError('names a key twice: one hand does not count as two');
  return witnesses;
}

function addressOf(text: string): WitnessAddress {
  const [, url = '', vkey = ''] = /^([^#]*)#(.*)$/.exec(text) ?? [];
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (address === undefined || !/^https?:$/.test(address.protocol))
    throw new RangeError('takes <url>#<vkey>, separated by commas, each URL beginning with http:// or https://');
  // `add-checkpoint` is added to the path, and a witness asks nobody who he is.
  if (address.username + address.password + address.search !== '') throw new RangeError('takes URLs without a password and a query');
  const key = parseCosignerKey(vkey);
  if (key === undefined) throw new RangeError(`holds what is no public key of a witness: ${JSON.stringify(vkey)}`);
  return { url, key };
}
