import { verify } from 'node:crypto';
import { canonicalText, isRecord, type Json, type JsonRecord } from './canonical-json.ts';
import { readVerifierKey } from './signed-note.ts';

export interface ListedChain {
  readonly chainId: bigint;
  /** Lower case. */
  readonly contract: string;
  readonly fromBlock: bigint;
  /** EXTCODEHASH, lower-case 0x-hex. */
  readonly codeHash: string;
}

/** What a log promises: `fin` of `LogGenesis/1`, and of every later `LogPolicyChanged/1`. */
export interface Policy {
  readonly origin: string;
  readonly vkey: string;
  readonly recoveryVkey: string;
  readonly chains: readonly ListedChain[];
  readonly streamPrefix: string;
  /** By code. */
  readonly scales: ReadonlyMap<string, Scales>;
  readonly fold: string;
  readonly heartbeatSeconds: number;
  readonly toleranceSeconds: number;
}

export interface Scales {
  readonly ledgerScale: number;
  readonly payableScale: number;
}

/** Reads the policy in a payload; undefined when a field is missing or of another kind. */
export function readPolicy(fin: Json | undefined): Policy | undefined {
  if (!isRecord(fin)) return undefined;
  const { origin, vkey, recoveryVkey, streamPrefix, fold, heartbeatSeconds, toleranceSeconds } = fin;
  const chains = readChains(fin['chains']);
  const scales = readScales(fin['currencies']);
  const texts = [origin, vkey, recoveryVkey, streamPrefix, fold, heartbeatSeconds, toleranceSeconds];
  if (chains === undefined || scales === undefined || !texts.every((text) => typeof text === 'string')) return undefined;
  const [originText, vkeyText, recoveryText, prefix, foldText, heartbeat, tolerance] = texts as string[] & { length: 7 };
  return {
    origin: originText as string,
    vkey: vkeyText as string,
    recoveryVkey: recoveryText as string,
    chains,
    streamPrefix: prefix as string,
    scales,
    fold: foldText as string,
    heartbeatSeconds: Number(heartbeat),
    toleranceSeconds: Number(tolerance),
  };
}

/** Did the recovery key sign this change? `tallyroot-policy/1`, a line feed, and the canonical fields without the signature. */
export function isSignedByRecoveryKey(fin: JsonRecord, recoveryVkey: string): boolean {
  const { signature, ...signed } = fin;
  const key = readVerifierKey(recoveryVkey);
  if (typeof signature !== 'string' || key === undefined) return false;
  return verify(null, Buffer.from(`tallyroot-policy/1\n${canonicalText(signed)}`), key.key, Buffer.from(signature, 'base64'));
}

function readChains(value: Json | undefined): ListedChain[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const chains = (value as readonly Json[]).map((chain): ListedChain | undefined => {
    if (!isRecord(chain)) return undefined;
    const { chainId, contract, fromBlock, codeHash } = chain;
    if (!isNumber(chainId) || !isNumber(fromBlock) || typeof contract !== 'string' || typeof codeHash !== 'string') return undefined;
    if (!/^0x[0-9a-fA-F]{40}$/.test(contract)) return undefined;
    return { chainId: BigInt(chainId), contract: contract.toLowerCase(), fromBlock: BigInt(fromBlock), codeHash: codeHash.toLowerCase() };
  });
  return chains.every((chain) => chain !== undefined) ? chains : undefined;
}

function readScales(value: Json | undefined): Map<string, Scales> | undefined {
  if (!Array.isArray(value)) return undefined;
  const scales = new Map<string, Scales>();
  for (const currency of value as readonly Json[]) {
    if (!isRecord(currency)) return undefined;
    const { code, ledgerScale, payableScale } = currency;
    if (typeof code !== 'string' || !isNumber(ledgerScale) || !isNumber(payableScale)) return undefined;
    scales.set(code, { ledgerScale: Number(ledgerScale), payableScale: Number(payableScale) });
  }
  return scales;
}

function isNumber(value: Json | undefined): value is string {
  return typeof value === 'string' && /^(0|[1-9][0-9]*)$/.test(value);
}
