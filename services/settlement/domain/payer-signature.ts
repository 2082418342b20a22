import { Signature } from 'ethers';

/** Only the one form of a signature that the contracts take: 65 bytes, `v` 27 or 28, the lower `s`. */
export function isSignedBy(payer: string, signature: string, recover: () => string): boolean {
  try {
    return Signature.from(signature).serialized === signature && recover().toLowerCase() === payer;
  } catch {
    return false; // What is no signature is nobody's.
  }
}
