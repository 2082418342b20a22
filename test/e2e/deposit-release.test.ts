import { hash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Contract, ContractFactory, NonceManager, Wallet } from 'ethers';
import { v5 as uuidv5 } from 'uuid';
import { startThrowawayChain, type ThrowawayChain } from '../../bench/support/throwaway-chain.ts';
import { ledgerAnchorAbi } from '../../contracts/generated/ledger-anchor.ts';
import { compile, compiled } from '../support/compiled.ts';
import { type DepositTerms, evidenceOf, payloadHashOf } from '../support/deposit-release.ts';
import { startTestService, type TestService } from '../support/service.ts';

/*
 * The story of docs/guides/verify-on-chain.md, told to a real service and a real chain: a payer deposits coins for a top-up that does not
 * exist yet, and the provider gets them when its ledger holds it. What both sides know before is made here from the published formulas.
 */

const urlNamespace = '6ba7b811-9dad-11d1-80b4-00c04fd430c8';
const amount = 5_000_000n;
const beneficiary = '0x00000000000000000000000000000000000b111e';

let chain: ThrowawayChain;
let api: TestService;
let mining: NodeJS.Timeout;
let payer: NonceManager;
let anchor: Contract;
let escrow: Contract;
let log: { readonly id: string; readonly origin: string };
let account: string;

beforeAll(async () => {
  await compile();
  chain = await startThrowawayChain();
  // Whoever anchors waits for finality, which a chain without traffic never reaches.
  mining = setInterval(() => void chain.provider.send('evm_mine', []).catch(() => undefined), 100);
  api = await startTestService({ chain: { rpcUrl: chain.url } });
  await api.service.integrity.anchoring.anchorer.anchorNow('demo');
  payer = new NonceManager(Wallet.createRandom(chain.provider));
  await chain.provider.send('anvil_setBalance', [await payer.getAddress(), '0x56bc75e2d63100000']);
  const genesis = (await (await fetch(`${api.service.url}/logs/demo/genesis.json`)).json()) as { payload: string };
  const { fin } = JSON.parse(Buffer.from(genesis.payload, 'base64').toString()) as {
    fin: { origin: string; vkey: string; chains: [{ contract: string }] };
  };
  log = { id: `0x${hash('sha256', `${fin.origin}\n${fin.vkey}`, 'hex')}`, origin: fin.origin };
  anchor = new Contract(fin.chains[0].contract, ledgerAnchorAbi, chain.provider);
  const { abi, bytecode } = await compiled('contracts/examples/DepositRelease.sol', 'DepositRelease');
  escrow = (await (await new ContractFactory(abi, bytecode, payer).deploy(fin.chains[0].contract)).waitForDeployment()) as Contract;
  account = (await api.post('/v1/accounts', { billing: 'prepaid', currency: 'EUR' })).body.id as string;
}, 120_000);
afterAll(async () => {
  clearInterval(mining);
  await api.close();
  await chain.stop();
});

/** What the top-up's event will say, as canonical JSON. */
function payloadOf(effectiveAt: string): string {
  const line = (place: string, direction: string) => `{"account":"${place}","amount":"25.00","currency":"EUR","direction":"${direction}"}`;
  const postings = `${line('asset:cash:crypto', 'debit')},${line(`liability:wallet:${account}:money`, 'credit')}`;
  return (
    `{"fin":{"account":"${account}","amount":"25.00","channel":"api","currency":"EUR","effectiveAt":"${effectiveAt}",` +
    `"method":"crypto","postings":[${postings}]}}`
  );
}

async function termsOf(key: string, effectiveAt: string): Promise<DepositTerms> {
  const stream = `demo.account-${account}`;
  const apiKey = /^tr_(key_[0-9a-f-]{36})_/.exec(api.token)?.[1] as string;
  const command = uuidv5(`tallyroot:command:1\ndemo\n${apiKey}\n${key}`, urlNamespace);
  const { timestamp } = (await chain.provider.getBlock('latest')) as { timestamp: number };
  return {
    ...{ depositor: await payer.getAddress(), beneficiary, deadline: BigInt(timestamp + 3_600), logId: log.id },
    name: { origin: log.origin, stream, eventType: 'ToppedUp/1', eventId: uuidv5(`${stream}\n0`, command) },
    payloadHash: payloadHashOf(payloadOf(effectiveAt)),
  };
}

/** The event with its proof in the tree that the contract holds. */
async function evidence(event: string) {
  const [size] = (await anchor.getFunction('latest')(log.id)) as [bigint];
  const { body } = await api.get(`/v1/logs/demo/proofs/inclusion?event=${event}&size=${size}`, { authorization: '' });
  const bundle = Math.floor(Number(body.index) / 256);
  const payloads = `${api.service.url}/logs/demo/payloads/${String(bundle).padStart(3, '0')}.jsonl`;
  const lines = await (await fetch(payloads, { headers: { authorization: `Bearer ${api.token}` } })).text();
  const line = lines.split('\n').find((text) => text.includes(`"id":"${event}"`)) as string;
  const { data, metadata } = JSON.parse(line) as { data: string; metadata: string };
  return evidenceOf({
    ...{ entry: body.entry, data: Buffer.from(data, 'base64').toString(), metadata: Buffer.from(metadata, 'base64').toString() },
    ...{ index: BigInt(body.index), size: BigInt(body.size), path: (body.proof as string[]).map((text) => `0x${text}`) },
  });
}

const topUp = (key: string, effectiveAt: string, euros = '25') =>
  api.post(
    `/v1/accounts/${account}/top-ups`,
    { amount: euros, currency: 'EUR', method: 'crypto', effectiveAt },
    { 'idempotency-key': key },
  );

describe('[E6] a deposit for a top-up', () => {
  it('is paid to the provider when its ledger holds what was agreed on, and the anchor holds its ledger', async () => {
    const [key, effectiveAt] = [randomUUID(), '2026-02-01T00:00:00.000Z'];
    const terms = await termsOf(key, effectiveAt);
    await (await escrow.getFunction('open')(terms, { value: amount })).wait();
    const { body } = await topUp(key, effectiveAt);
    expect(body.events[0].id).toBe(terms.name.eventId);
    await api.service.integrity.anchoring.anchorer.anchorNow('demo');

    // The log goes on; the proof is for the size that the contract holds.
    await topUp(randomUUID(), effectiveAt, '1');
    await (await escrow.getFunction('release')(terms, await evidence(terms.name.eventId))).wait();
    expect(await chain.provider.getBalance(beneficiary)).toBe(amount);
  });

  it('stays where it is when no anchor holds the event, or the event says something else', async () => {
    const [key, effectiveAt] = [randomUUID(), '2026-02-02T00:00:00.000Z'];
    const terms = await termsOf(key, effectiveAt);
    await (await escrow.getFunction('open')(terms, { value: amount })).wait();
    const [before] = (await anchor.getFunction('latest')(log.id)) as [bigint];
    await topUp(key, effectiveAt, '2.50');
    await api.service.integrity.anchoring.anchorer.anchorNow('demo');
    const proof = (size: bigint) => api.get(`/v1/logs/demo/proofs/inclusion?event=${terms.name.eventId}&size=${size}`);
    expect(await proof(before)).toMatchObject({ status: 400, body: { code: 'query_invalid' } });
    expect(await proof(before + 1_000_000n)).toMatchObject({ status: 404, body: { code: 'proof_not_available' } });
    const cheaper = await evidence(terms.name.eventId);
    const release = escrow.getFunction('release');
    await expect(release.staticCall(terms, cheaper)).rejects.toMatchObject({ revert: { name: 'DepositReleaseOtherPayload' } });
    const dearer = { ...cheaper, payload: `0x${Buffer.from(payloadOf(effectiveAt)).toString('hex')}` };
    await expect(release.staticCall(terms, dearer)).rejects.toMatchObject({ revert: { name: 'DepositReleaseNotIncluded' } });
  });
});
