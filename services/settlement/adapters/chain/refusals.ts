import { type ErrorDescription, Interface } from 'ethers';
import type { Refusal } from '../../application/checkout/payer-desk.ts';
import { refusalSentences } from './refusal-sentences.ts';

/** It knows `Error(string)` and `Panic(uint256)` by itself: reverts with a text of their own, of before custom errors. */
const known = new Interface(Object.keys(refusalSentences).map((signature) => `error ${signature}`));
/** A token's own words, kept short: they stand on a page of ours. */
const textLengthMax = 120;

/** What a reverted call means for the payer. `data` is what it returned, 0x-hex. */
export function refusalOf(data: string | undefined): Refusal {
  const error = parsed(data ?? '0x');
  if (error?.signature === 'Error(string)') {
    const said = String(error.args[0])
      .replaceAll(/[^\x20-\x7e]/g, '')
      .slice(0, textLengthMax);
    return { code: 'Error', text: `The token or contract refused: ${said}. Nothing was paid.` };
  }
  if (error !== null && Object.hasOwn(refusalSentences, error.signature)) {
    return { code: error.name, text: refusalSentences[error.signature as keyof typeof refusalSentences] };
  }
  return { code: 'unknown', text: 'The contract refused the payment and did not say why. Nothing was paid.' };
}

/** What a token returns may be cut short, or be nothing. */
function parsed(data: string): ErrorDescription | null {
  try {
    return known.parseError(data);
  } catch {
    return null;
  }
}

/** What an error of this name means; undefined for one that is not known. `name` as `dispatch-calls` writes it: `Name(values)`. */
export function refusalNamed(name: string): Refusal | undefined {
  const code = name.split('(', 1)[0] as string;
  const signature = Object.keys(refusalSentences).find((each) => each.startsWith(`${code}(`));
  return signature === undefined ? undefined : { code, text: refusalSentences[signature as keyof typeof refusalSentences] };
}
