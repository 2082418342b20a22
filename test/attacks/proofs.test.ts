import { afterAll, beforeAll, describe } from '@jest/globals';
import { createHash } from 'node:crypto';
import { hexlify } from 'ethers';
import { inclusionProof, nodeHash, rangesOf } from '../../bench/support/reference-tree.ts';
import { checkStateProof, StateMap } from '../../services/integrity/domain/state-map.ts';
import { stateEntryOf, stateKeyOf } from '../../services/integrity/domain/committed-state.ts';
import type { LeafSource } from '../../services/integrity/domain/leaf.ts';
import { verifyInclusion } from '../../verifier/merkle.ts';
import type { LogBuilder } from '../support/log-builder.ts';
import { verifyFiles } from '../support/verify-files.ts';
import { AnchoringChain } from '../support/anchoring-chain.ts';
import { dataWith, replaceEvent } from './built-logs.ts';
import { refusedBy, simulate } from './simulate.ts';

const leavesMin = 13;

interface Claim {
  readonly index: bigint;
  readonly size: bigint;
  readonly leafHash: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

let chain: AnchoringChain;
let log: LogBuilder;
beforeAll(async () => {
  chain = await AnchoringChain.start();
  log = await chain.log();
  while (log.size < leavesMin) log.move('1.00');
  await chain.anchor(log);
});
afterAll(() => chain.stop());

const hashOf = (index: number) => Buffer.from(log.hashOf(index), 'hex');
const ranges = () => rangesOf(Array.from({ length: log.size }, (_, index) => hashOf(index)));

/** An honest proof that leaf 5 is in the anchored tree. */
function honestClaim(): Claim {
  return { index: 5n, size: BigInt(log.size), leafHash: hashOf(5), proof: inclusionProof(ranges(), 5n, BigInt(log.size)) };
}

/** The auditor's tool is asked, and the contract, which holds size and root itself. */
async function takenBy(claim: Claim): Promise<boolean[]> {
  const byVerifier = verifyInclusion({ ...claim, root: log.root() });
  const call = chain.contract.getFunction('verifyInclusion');
  // A value that the ABI has no form for is refused before anything is sent.
  const byContract = await Promise.resolve()
    .then(
      () =>
        call(
          `0x${log.logId}`,
          hexlify(claim.leafHash),
          claim.index,
          claim.proof.map((hash) => hexlify(hash)),
        ) as Promise<boolean>,
    )
    .catch(() => false);
  return [byVerifier, byContract];
}

async function refused(...claims: readonly Claim[]) {
  const honest = await takenBy(honestClaim());
  if (honest.includes(false)) throw new Error('The honest proof is refused.');
  return refusedBy(...(await Promise.all(claims.map(takenBy))).flat());
}

describe('attacks by proofs', () => {
  simulate(15, 'proves each of two balances of one account', async () => {
    const account = { account: 'asset:unbilled:acc_1', currency: 'EUR', leaf: 2n };
    const key = stateKeyOf(account.account, account.currency);
    const entries = [500n, 1n].map((balance) => stateEntryOf({ ...account, balance }));
    // Whichever the root is of, the other one has no place in it.
    const maps = entries.map((entry) => StateMap.empty.with([entry]));
    const [truth, lie] = maps as [StateMap, StateMap];
    const answers = [checkStateProof(truth.root(), key, lie.prove(key)), checkStateProof(lie.root(), key, truth.prove(key))];
    return answers.every((answer) => answer === undefined) ? 'INVALID' : 'VALID';
  });

  simulate(19, 'passes an inner node for a leaf', async () => {
    const claim = honestClaim();
    const inner = nodeHash(hashOf(4), hashOf(5));
    return refused(
      { ...claim, leafHash: inner, proof: claim.proof.slice(1) },
      { ...claim, index: 2n, leafHash: inner, proof: claim.proof.slice(1) },
    );
  });

  simulate(19, 'shortens a proof or makes it longer', async () => {
    const claim = honestClaim();
    const { proof } = claim;
    const longer = [...proof, hashOf(0)];
    return refused(
      { ...claim, proof: proof.slice(1) },
      { ...claim, proof: proof.slice(0, -1) },
      { ...claim, proof: longer },
      { ...claim, proof: [] },
    );
  });

  simulate(20, 'proves a leaf at every other index', async () => {
    const claim = honestClaim();
    const others = Array.from({ length: log.size }, (_, index) => BigInt(index)).filter((index) => index !== claim.index);
    return refused(...others.map((index) => ({ ...claim, index })));
  });

  simulate(20, 'states another size than the head has', async () => {
    const claim = honestClaim();
    const size = claim.size - 5n;
    const older = { ...claim, size, proof: inclusionProof(ranges(), claim.index, size) };
    return refusedBy(verifyInclusion({ ...older, root: log.root() }), ...(await takenBy(older)));
  });

  simulate(33, 'sends 65 hashes, short hashes, indexes beyond every tree', async () => {
    const claim = honestClaim();
    const huge = Array.from({ length: 65 }, () => hashOf(0));
    const short = claim.proof.map((hash) => hash.subarray(0, 31));
    const beyond = [claim.index + 2n ** 53n, claim.index + 2n ** 64n, -1n, claim.size];
    return refused({ ...claim, proof: huge }, { ...claim, proof: short }, ...beyond.map((index) => ({ ...claim, index })));
  });
});

describe('attacks on commitments', () => {
  simulate(21, 'tries a million amounts against a commitment', () => {
    const { data, metadata } = log.events[5] as LeafSource;
    const { ps } = JSON.parse(metadata as string) as { ps: string };
    const { pay } = JSON.parse(log.entries[5] as string) as { pay: string };
    const isFound = (salt: string) => {
      for (let cents = 0; cents < 1_000_000; cents++)
        if (payCommitment(salt, data.replaceAll('"1.00"', `"${(cents / 100).toFixed(2)}"`)) === pay) return true;
      return false;
    };
    if (!isFound(ps)) throw new Error('The dictionary does not hold the amount.'); // With the salt it is found at once.
    return isFound('0'.repeat(64)) ? 'VALID' : 'nothing found';
  });

  simulate(22, 'opens a commitment to another text', async () => {
    const other = await chain.log();
    const index = other.move('1.00');
    const committed = other.entries[index] as string;
    replaceEvent(other, index, { data: dataWith(other, index, '1.00', '0.10') });
    other.entries[index] = committed;
    const outcome = await verifyFiles(other, other.files());
    return refusedBy(outcome.verdict !== 'INVALID');
  });
});

/** As docs/reference/log-format.md has it. */
function payCommitment(salt: string, text: string): string {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return createHash('sha256').update('ledger-pay/1').update(Buffer.from(salt, 'hex')).update(length).update(bytes).digest('hex');
}
