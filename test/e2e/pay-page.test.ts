import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Wallet } from 'ethers';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { projectRoot } from '../../services/read-store/project-root.ts';
import { type PaidProvider, startPaidProvider } from '../support/paid-provider.ts';

/*
 * The payer's page in a browser, with a wallet that signs for a chain of the test's own. Where no browser is installed the test is left out,
 * and Jest says so; CI installs one and lets no test be left out.
 */
const candidates = [process.env['CHROMIUM'] ?? '', 'chromium', 'chromium-browser', 'google-chrome'].filter((name) => name !== '');
const executable = candidates.map((name) => spawnSync('which', [name], { encoding: 'utf8' }).stdout.trim()).find((path) => path !== '');
const inBrowser = executable === undefined ? describe.skip : describe;

let shop: PaidProvider;
let browser: Browser;

/** What the wallet of a test does; `declines` answers the next request of a method with a code. */
interface TestWallet {
  chainId: string;
  readonly declines: Map<string, number>;
  readonly asked: string[];
}

beforeAll(async () => {
  if (executable === undefined) return;
  execFileSync(process.execPath, [join(projectRoot(import.meta.dirname), 'bin', 'tallyroot'), 'build'], { stdio: 'ignore' });
  // Nobody watches the chain: a payment stays seen, as long as a test looks at it.
  shop = await startPaidProvider({ roles: ['projector', 'sequencer'] });
  await shop.rate('ETH', '3000', '100');
  await shop.rate('USDC', '0.92');
  const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
  browser = await chromium.launch({ executablePath: executable, args, timeout: 120_000 });
}, 240_000);
afterAll(async () => {
  if (executable === undefined) return;
  await browser.close();
  await shop.close();
});

/** A page in front of a new checkout of 60.50 EUR, in a browser that holds the wallet. */
async function inFront(
  signer: Wallet,
  { width = 1440 } = {},
): Promise<{ page: Page; wallet: TestWallet; id: string; context: BrowserContext }> {
  const { invoice } = await shop.invoice('60.50');
  const { id } = (await shop.api.post(`/v1/invoices/${invoice}/checkouts`, {})).body as { id: string };
  const context = await browser.newContext({ viewport: { width, height: 900 } });
  const wallet: TestWallet = { chainId: '0x7a69', declines: new Map(), asked: [] };
  await context.exposeFunction('walletAnswer', (method: string, params: readonly unknown[]) => answer(signer, wallet, method, params));
  await context.addInitScript(announce);
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`${shop.api.service.url}/pay/${id}`);
  return { page, wallet, id, context };
}

/** Runs in the page, before anything of it: a wallet that announces itself by EIP-6963 and speaks EIP-1193. */
function announce(): void {
  interface Answer {
    readonly value?: unknown;
    readonly code?: number;
  }
  const scope = globalThis as unknown as { walletAnswer(method: string, params: readonly unknown[]): Promise<Answer> };
  const request = async ({ method, params = [] }: { method: string; params?: readonly unknown[] }) => {
    const { value, code } = await scope.walletAnswer(method, params);
    if (code !== undefined) throw Object.assign(new Error('The wallet said no.'), { code });
    return value;
  };
  const info = {
    uuid: '1',
    name: 'Test Wallet',
    icon: `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><circle cx="1" cy="1" r="1"/></svg>')}`,
    rdns: 'test.wallet',
  };
  const provider = { request, on: () => undefined };
  const tell = () => dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider }) }));
  addEventListener('eip6963:requestProvider', tell);
}

async function answer(signer: Wallet, wallet: TestWallet, method: string, params: readonly unknown[]) {
  wallet.asked.push(method);
  const code = wallet.declines.get(method);
  wallet.declines.delete(method);
  if (code !== undefined) return { code };
  switch (method) {
    case 'eth_requestAccounts':
      return { value: [signer.address.toLowerCase()] };
    case 'eth_chainId':
      return { value: wallet.chainId };
    case 'wallet_switchEthereumChain':
      wallet.chainId = (params[0] as { chainId: string }).chainId;
      return { value: null };
    case 'eth_signTypedData_v4': {
      const { domain, types, message } = JSON.parse(params[1] as string);
      const { EIP712Domain: _, ...own } = types;
      return { value: await signer.signTypedData(domain, own, message) };
    }
    case 'eth_sendTransaction': {
      const { to, value, data } = params[0] as { to: string; value: string; data: string };
      return { value: (await signer.sendTransaction({ to, value, data })).hash };
    }
    default:
      return { code: -32601 };
  }
}

const status = (page: Page, state: string) => page.waitForSelector(`#status[data-state=${state}]`);
const tap = (page: Page, label: string) => page.getByRole('button', { name: label }).click();
const problem = (page: Page) => page.locator('#problem:not([hidden])').textContent();
/** Where somebody wants to look at the page, its pictures are put there. */
const picture = async (page: Page, name: string) => {
  const folder = process.env['TALLYROOT_TEST_PICTURES'];
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
};

inBrowser("the payer's page", () => {
  it('shows what is paid, to whom and where, before the wallet is asked for anything', async () => {
    const { page, wallet, context } = await inFront(shop.on.hands.payer, { width: 360 });
    await status(page, 'waiting');
    await tap(page, 'ETH');
    await page.waitForSelector('#quote:not([hidden])');
    const text = (await page.textContent('main')) as string;
    for (const said of [
      'Demo Stream GmbH',
      'INV-',
      '60.50 EUR',
      'Local test network',
      shop.chain.contracts.settlement,
      '0.02037',
      '3000 EUR',
      '1 %',
    ])
      expect(text).toContain(said);
    expect(text).toContain(new URL(shop.api.service.url).host);
    expect(await page.textContent('#countdown')).toMatch(/^(9|10) min \d\d s$/);
    expect(wallet.asked).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    await picture(page, 'waiting-360');
    await page.setViewportSize({ width: 1440, height: 900 });
    await picture(page, 'waiting-1440');
    await context.close();
  }, 120_000);

  it('takes a payment in coins, and finds it again after a reload', async () => {
    const { page, id, context } = await inFront(shop.on.hands.payer);
    await tap(page, 'ETH');
    await tap(page, 'Test Wallet');
    await page.getByRole('button', { name: 'Pay', exact: true }).click();
    await status(page, 'seen');
    const tx = await page
      .waitForFunction(() => document.querySelector('#receipt:not([hidden]) #tx')?.textContent)
      .then((text) => text.jsonValue());
    expect(tx).toMatch(/^0x[0-9a-f]{64}$/);
    const { body } = await shop.open(`/v1/checkouts/${id}?tx=${tx}`);
    expect(body.transaction.state).toBe('included');
    await picture(page, 'seen-1440');
    await page.reload();
    await status(page, 'seen');
    expect(await page.locator('#act').isVisible()).toBe(false);
    await context.close();
  }, 120_000);

  it('takes a token by a signature and one transaction, each from a tap of its own', async () => {
    const { page, wallet, context } = await inFront(shop.on.hands.payer);
    await tap(page, 'USDC');
    await tap(page, 'Test Wallet');
    await tap(page, '1 of 2: Sign in the wallet');
    await page.getByRole('button', { name: '2 of 2: Pay' }).waitFor();
    expect(wallet.asked).not.toContain('eth_sendTransaction');
    await tap(page, '2 of 2: Pay');
    await status(page, 'seen');
    await context.close();
  }, 120_000);

  it('offers an exact allowance to a wallet that cannot sign', async () => {
    const { page, wallet, context } = await inFront(shop.on.hands.payer);
    await tap(page, 'USDC');
    await tap(page, 'Test Wallet');
    wallet.declines.set('eth_signTypedData_v4', 4200);
    await tap(page, '1 of 2: Sign in the wallet');
    await tap(page, '1 of 2: Allow exactly this amount');
    await tap(page, '2 of 2: Pay');
    await status(page, 'seen');
    await context.close();
  }, 120_000);

  it('says what the wallet said no with, and goes on from there', async () => {
    const { page, wallet, context } = await inFront(shop.on.hands.payer, { width: 360 });
    await tap(page, 'ETH');
    wallet.declines.set('eth_requestAccounts', -32002);
    await tap(page, 'Test Wallet');
    expect(await problem(page)).toContain('has a request open already');
    wallet.chainId = '0x1';
    await tap(page, 'Test Wallet');
    wallet.declines.set('wallet_switchEthereumChain', 4902);
    await tap(page, 'Switch the network in the wallet');
    expect(await problem(page)).toContain('does not know this network');
    await tap(page, 'Switch the network in the wallet');
    for (const [code, sentence] of [
      [4001, 'You declined in the wallet. Nothing was paid.'],
      [4100, 'Connect again'],
    ] as const) {
      wallet.declines.set('eth_sendTransaction', code);
      await page.getByRole('button', { name: 'Pay', exact: true }).click();
      expect(await problem(page)).toContain(sentence);
    }
    await picture(page, 'declined-360');
    await tap(page, 'Test Wallet');
    await page.getByRole('button', { name: 'Pay', exact: true }).click();
    await status(page, 'seen');
    await context.close();
  }, 120_000);

  it('names what is short before the wallet is asked to pay', async () => {
    const { page, wallet, context } = await inFront(shop.on.hands.stranger);
    await tap(page, 'USDC');
    await tap(page, 'Test Wallet');
    expect(await problem(page)).toBe('The wallet holds too little to pay the amount.');
    expect(wallet.asked).not.toContain('eth_sendTransaction');
    await context.close();
  }, 120_000);

  it('[SET-A36] runs nothing of anybody else, is in no frame and tells its link to nobody', async () => {
    const { page, id, context } = await inFront(shop.on.hands.payer);
    const response = await fetch(`${shop.api.service.url}/pay/${id}`);
    const policy = response.headers.get('content-security-policy') ?? '';
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
      "form-action 'none'",
      "base-uri 'none'",
    ])
      expect(policy).toContain(rule);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect([response.headers.get('referrer-policy'), response.headers.get('x-content-type-options')]).toEqual(['no-referrer', 'nosniff']);
    expect(await response.text()).not.toMatch(/(src|href)="(https?:)?\/\//);
    // What gets into the page all the same does not run, and reaches nobody.
    const intruded = await page.evaluate(async () => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.intruded = true';
      document.body.append(script);
      const sent = await fetch('https://example.invalid/').then(
        () => 'sent',
        () => 'blocked',
      );
      return [(globalThis as { intruded?: boolean }).intruded ?? false, sent];
    });
    expect(intruded).toEqual([false, 'blocked']);
    expect((await fetch(`${shop.api.service.url}/pay/${id.slice(0, -2)}xx`)).status).toBe(404);
    await context.close();
  }, 120_000);
});
