import { canonicalJson, type Json } from '../../event-store/domain/canonical-json.ts';
import { prefixOf } from '../../event-store/domain/stream-name.ts';
import { currencies, scalesOf } from '../../money/currency.ts';
import { isSignedBy } from './signed-note.ts';

/** A chain on which the log promises to be anchored. All text: chain id and block decimal, contract and code hash 0x-hex. */
export type ListedChain = {
  readonly chainId: string;
  readonly contract: string;
  readonly fromBlock: string;
  /** EXTCODEHASH of the contract: what an auditor compares with the compiled source. */
  readonly codeHash: string;
  /** Longest silence between two anchors here, where it is not the log's: a chain that is dear is anchored on once a day. */
  readonly heartbeatSeconds?: string;
};

/** Names a chain and a contract on it. */
export function chainKeyOf({ chainId, contract }: Pick<ListedChain, 'chainId' | 'contract'>): string {
  return `${chainId} ${contract.toLowerCase()}`;
}

/** What a genesis says of the log that it goes on with. All text; numbers decimal, hashes hex. */
export type Supersedes = {
  readonly origin: string;
  /** Leaf hash of its genesis. */
  readonly genesis: string;
  /** So many of its leaves are gone on with, */
  readonly size: string;
  /** and this is the root of their tree. */
  readonly root: string;
  /** Leaves from this index on are admitted to be lost. */
  readonly lostFrom: string;
};

/**
 * What a log promises to its verifiers: the `fin` of `LogGenesis/1` (integrity reference, section 6). `LogPolicyChanged/1` holds the whole
 * new copy with the recovery key's signature, and is in force from the leaf after it.
 */
export type LogPolicy = {
  readonly origin: string;
  readonly vkey: string;
  readonly receiptVkeys: readonly string[];
  readonly recoveryVkey: string;
  readonly chains: readonly ListedChain[];
  readonly streamPrefix: string;
  readonly currencies: readonly { readonly code: string; readonly ledgerScale: string; readonly payableScale: string }[];
  /** The specification by which an auditor replays balances. */
  readonly fold: string;
  /** A receipt's event is in the log at the latest so many seconds after its `at`. */
  readonly mergeDelaySeconds: string;
  /** Longest silence between two anchors of an idle log. */
  readonly heartbeatSeconds: string;
  /** What clocks may be off. */
  readonly toleranceSeconds: string;
  /** The log that this one goes on with, where there is one. */
  readonly supersedes?: Supersedes;
  /** By the recovery key, base64. Absent in the genesis of a log that goes on with no other. */
  readonly signature?: string;
};

/** `fin` of `KeyRotated/1`: from the leaf after it heads are signed by another key. */
export type KeyRotatedFin = {
  /** The new log key, in C2SP text form. */
  readonly vkey: string;
  /** By the recovery key, base64. */
  readonly signature: string;
};

export interface PolicySource {
  readonly slug: string;
  readonly origin: string;
  readonly vkey: string;
  readonly receiptsVkey: string;
  readonly recoveryVkey: string;
  readonly chains: readonly ListedChain[];
  readonly heartbeatSeconds: number;
  readonly toleranceSeconds: number;
}

export const fold = 'ledger-fold/1';
const mergeDelaySeconds = '86400';

/** The policy that a new log begins with. */
export function genesisPolicy(source: PolicySource): LogPolicy {
  return {
    origin: source.origin,
    vkey: source.vkey,
    receiptVkeys: [source.receiptsVkey],
    recoveryVkey: source.recoveryVkey,
    chains: source.chains,
    streamPrefix: prefixOf(source.slug),
    currencies: currencies.map((code) => {
      const { ledgerScale, payableScale } = scalesOf(code);
      return { code, ledgerScale: ledgerScale.toString(), payableScale: payableScale.toString() };
    }),
    fold,
    mergeDelaySeconds,
    heartbeatSeconds: source.heartbeatSeconds.toString(),
    toleranceSeconds: source.toleranceSeconds.toString(),
  };
}

/** What the recovery key signs: `tallyroot-policy/1`, a new line, and the canonical fields without `signature`. */
export function policySigningText(fin: { readonly [name: string]: Json }): string {
  const { signature: _, ...signed } = fin;
  return `tallyroot-policy/1\n${canonicalJson(signed)}`;
}

/** Did the recovery key in force sign these fields? */
export function isSignedForRecovery({ recoveryVkey }: Pick<LogPolicy, 'recoveryVkey'>, fin: { readonly [name: string]: Json }): boolean {
  const { signature } = fin;
  return typeof signature === 'string' && isSignedBy(recoveryVkey, policySigningText(fin), signature);
}
