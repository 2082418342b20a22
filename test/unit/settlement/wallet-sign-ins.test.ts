import { beforeEach, describe, expect, it } from '@jest/globals';
import { hashMessage, Wallet } from 'ethers';
import type { PendingSignIn, SignInNonces } from '../../../services/access/application/sign-in-nonces.ts';
import { WalletSessions } from '../../../services/access/application/wallet-sessions.ts';
import { WalletSignIns } from '../../../services/settlement/application/mandates/wallet-sign-ins.ts';

/** By their links and nonces, as the table has them. */
class MemoryNonces implements SignInNonces {
  readonly #pending = new Map<string, PendingSignIn>();

  async keep(pending: PendingSignIn): Promise<PendingSignIn> {
    const key = `${pending.link} ${pending.nonce}`;
    if (!this.#pending.has(key)) this.#pending.set(key, pending);
    return this.#pending.get(key) as PendingSignIn;
  }

  async take(link: string, nonce: string): Promise<PendingSignIn | undefined> {
    const pending = this.#pending.get(`${link} ${nonce}`);
    this.#pending.delete(`${link} ${nonce}`);
    return pending;
  }
}

const wallet = new Wallet(`0x${'11'.repeat(32)}`);
const address = wallet.address.toLowerCase();
const secret = new Uint8Array(32).fill(7);
const sessions = new WalletSessions(secret);
const link = 'chk_demo_1_AAAAAAAAAAAAAAAAAAAAAA';
const at = { link, domain: 'pay.example' };
const place = { chainId: '31337', contract: `0x${'02'.repeat(20)}` };
const asked = { link, address, domain: 'pay.example', uri: `https://pay.example/pay/${link}`, chainId: '31337', key: 'k1' };
const start = '2026-11-26T12:00:00.000Z';

let now: string;
/** Digests that the contract at the address stands by. */
let stoodBy: Set<string>;
let signIns: WalletSignIns;

beforeEach(() => {
  now = start;
  stoodBy = new Set();
  signIns = new WalletSignIns({
    nonces: new MemoryNonces(),
    sessions,
    desk: { isSignedByContract: async (_, { digest }) => stoodBy.has(digest) },
    clock: { now: () => now },
    secret,
  });
});

const later = (seconds: number) => new Date(Date.parse(start) + seconds * 1000).toISOString();
const finish = (nonce: string, signature: string, given: object = {}) =>
  signIns.finish({ link, nonce, domain: 'pay.example', signature, ...given }, place);

describe('a wallet that signs in', () => {
  it('signs the text of EIP-4361, with the site, the page, the chain, the nonce and the end', async () => {
    const { message, nonce } = await signIns.begin(asked);
    expect(message).toBe(
      [
        'pay.example wants you to sign in with your Ethereum account:',
        wallet.address,
        '',
        'Sign in to see, set up and end automatic payments. This pays nothing.',
        '',
        `URI: https://pay.example/pay/${link}`,
        'Version: 1',
        'Chain ID: 31337',
        `Nonce: ${nonce}`,
        'Issued At: 2026-11-26T12:00:00.000Z',
        'Expiration Time: 2026-11-26T12:05:00.000Z',
      ].join('\n'),
    );
    expect(nonce).toMatch(/^[0-9a-f]{32}$/);
  });

  it('gets a session for this link alone, for half an hour', async () => {
    const { message, nonce } = await signIns.begin(asked);
    const session = await finish(nonce, await wallet.signMessage(message));
    expect(session).toMatchObject({ link, address });
    const { token } = session as { readonly token: string };
    expect(sessions.open(token, { ...at, now: later(1_799) })).toMatchObject({ address });
    expect(sessions.open(token, { ...at, now: later(1_800) })).toBeUndefined();
    expect(sessions.open(token, { ...at, link: link.replace('_1_', '_2_'), now })).toBeUndefined();
    expect(sessions.open(token, { ...at, domain: 'pay.example.evil', now })).toBeUndefined();
    expect(sessions.open(token.replace(address, `0x${'99'.repeat(20)}`), { ...at, now })).toBeUndefined();
    expect(new WalletSessions(new Uint8Array(32)).open(token, { ...at, now })).toBeUndefined();
    expect(sessions.open('', { ...at, now })).toBeUndefined();
  });

  it('uses a nonce once, also where the first try was refused', async () => {
    const first = await signIns.begin(asked);
    const signature = await wallet.signMessage(first.message);
    expect(await finish(first.nonce, signature)).toMatchObject({ address });
    expect(await finish(first.nonce, signature)).toBe('refused');
    const second = await signIns.begin({ ...asked, key: 'k2' });
    expect(await finish(second.nonce, signature)).toBe('refused');
    expect(await finish(second.nonce, await wallet.signMessage(second.message))).toBe('refused');
  });

  it.each([
    ['on another site', { domain: 'pay.example.evil' }, 'elsewhere'],
    ['of another link', { link: link.replace('_1_', '_2_') }, 'refused'],
  ])('is refused %s', async (_, given, code) => {
    const { message, nonce } = await signIns.begin(asked);
    expect(await finish(nonce, await wallet.signMessage(message), given)).toBe(code);
  });

  it('is refused when its time is over, and not a moment before', async () => {
    for (const [seconds, isTaken] of [
      [299, true],
      [300, false],
    ] as const) {
      now = start;
      const { message, nonce } = await signIns.begin({ ...asked, key: `after ${seconds}` });
      now = later(seconds);
      expect([seconds, (await finish(nonce, await wallet.signMessage(message))) !== 'refused']).toEqual([seconds, isTaken]);
    }
  });

  it('is refused on another chain than the payment is on', async () => {
    const { message, nonce } = await signIns.begin({ ...asked, chainId: '1' });
    expect(await finish(nonce, await wallet.signMessage(message))).toBe('refused');
  });

  it('is no wallet that another key signs for', async () => {
    const { message, nonce } = await signIns.begin(asked);
    expect(await finish(nonce, await Wallet.createRandom().signMessage(message))).toBe('refused');
  });

  it('may be a contract, which is asked for what was signed (ERC-1271)', async () => {
    const { message, nonce } = await signIns.begin(asked);
    stoodBy.add(hashMessage(message));
    expect(await finish(nonce, '0x1234')).toMatchObject({ address });
  });

  it('is asked the same by the same key, while that waits', async () => {
    const first = await signIns.begin(asked);
    now = later(60);
    expect((await signIns.begin(asked)).message).toBe(first.message);
    expect((await signIns.begin({ ...asked, key: 'k2' })).nonce).not.toBe(first.nonce);
    expect((await signIns.begin({ ...asked, domain: 'other.example' })).nonce).not.toBe(first.nonce);
  });
});
