import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Wallet, ZeroAddress } from 'ethers';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import decodeQR from 'qr/decode.js';
import { sent } from '../../bench/support/settlement-chain.ts';
import { projectRoot } from '../../services/read-store/project-root.ts';
import type { Prepared } from '../../services/settlement/page/checkout-api.ts';
import type { SettlementChain } from '../../services/settlement/application/settlement-chain.ts';
import { putWalletInto, type TestWallet, walletSays } from '../support/browser-wallet.ts';
import { looksRight } from '../support/page-looks.ts';
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

const sweeper = `0x${'5e'.repeat(20)}`;
/** Whether the operator pays for what payers sign; tests turn it off. */
const relaying = (isRelaying: boolean) => Object.assign(shop.chain, { relaysPayments: isRelaying });
const profile: SettlementChain['profile'] = { finality: 'tag', realMoney: false, confirmations: [{ blocks: 3 }], pollMs: 100 };
const display = { name: 'Street chain', explorerUrl: 'https://scan.example', walletRpcUrl: 'https://rpc.example', sweepers: [sweeper] };

beforeAll(async () => {
  if (executable === undefined) return;
  execFileSync(process.execPath, [join(projectRoot(import.meta.dirname), 'bin', 'tallyroot'), 'build'], { stdio: 'ignore' });
  shop = await startPaidProvider(
    { slotsInAnEpoch: 2, roles: ['projector', 'sequencer', 'watcher', 'sender'] },
    { profile, display, relaysPayments: true },
  );
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
  { width = 1440, announces = true } = {},
): Promise<{ page: Page; wallet: TestWallet; id: string; context: BrowserContext }> {
  const { invoice } = await shop.invoice('60.50');
  const { id } = (await shop.api.post(`/v1/invoices/${invoice}/checkouts`, {})).body as { id: string };
  return { id, ...(await inFrontOf(id, signer, { width, announces })) };
}

/** The same of a checkout that is open. */
async function inFrontOf(
  id: string,
  signer: Wallet,
  { width = 1440, announces = true } = {},
): Promise<{ page: Page; wallet: TestWallet; context: BrowserContext }> {
  const context = await browser.newContext({ viewport: { width, height: 900 } });
  const wallet = await putWalletInto(context, signer, { announces });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(`${shop.api.service.url}/pay/${id}`);
  return { page, wallet, context };
}

const status = (page: Page, state: string) => page.waitForSelector(`#status[data-state=${state}]`);
/** Seen on the chain or in the ledger: the watcher is quick. */
const underWay = (page: Page) =>
  page.waitForSelector(['seen', 'confirming', 'confirmed', 'settled'].map((state) => `#status[data-state=${state}]`).join(', '));
const says = (page: Page, text: string) => page.locator('#status', { hasText: text }).waitFor();
const tap = (page: Page, label: string) => page.getByRole('button', { name: label, exact: true }).click();
/** Goes from button to button with the keys alone, each of them seen where it is. */
async function byKeyboard(page: Page, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const button = page.getByRole('button', { name, exact: true });
    await button.waitFor();
    for (let steps = 0; steps < 40 && !(await button.evaluate((each) => each === document.activeElement)); steps++)
      await page.keyboard.press('Tab');
    expect(await button.evaluate((each) => getComputedStyle(each).outlineStyle)).toBe('solid');
    await page.keyboard.press('Enter');
  }
}
/** Lets the chain go on until something is so. */
async function untilSo<Answer>(ask: () => Promise<Answer>, isSo: (answer: Answer) => boolean): Promise<Answer> {
  for (const deadline = Date.now() + 90_000; ;) {
    const answer = await ask();
    if (isSo(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`It did not come to pass: ${JSON.stringify(answer)}`);
    await shop.on.chain.provider.send('anvil_mine', ['0x1']);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
const problem = (page: Page) => page.locator('#problem:not([hidden])').textContent();
const settled = async (id: string): Promise<boolean> => {
  const { status, body } = await shop.open(`/v1/checkouts/${id}`);
  expect([status, body]).toEqual([200, expect.anything()]);
  const { providerId, seq } = body as Record<string, string>;
  return (await shop.on.settlement.getFunction('isSettled')(providerId, seq)) as boolean;
};
/** The transaction that the page keeps, once it was seen waiting; another one than `before`. */
const keptWaiting = async (page: Page, before?: string): Promise<string> => {
  const kept = await page.waitForFunction((old) => {
    const { tx, height } = JSON.parse(Object.values(localStorage)[0] ?? '{}') as Record<string, string>;
    return tx !== old && height !== undefined ? tx : undefined;
  }, before);
  return (await kept.jsonValue()) as string;
};

/** What a phone reads from the picture on the page. */
async function scanned(page: Page): Promise<string> {
  const side = 200;
  const dark = await page.evaluate((width) => {
    const context = Object.assign(document.createElement('canvas'), { width, height: width }).getContext('2d') as CanvasRenderingContext2D;
    context.fillStyle = '#fff';
    context.fillRect(0, 0, width, width);
    context.drawImage(document.querySelector('#qr') as HTMLImageElement, 0, 0, width, width);
    const { data } = context.getImageData(0, 0, width, width);
    return Array.from({ length: width * width }, (_, pixel) => ((data[pixel * 4] as number) < 128 ? '1' : '0')).join('');
  }, side);
  const data = Uint8Array.from(Array.from(dark, (bit) => (bit === '1' ? [0, 0, 0, 255] : [255, 255, 255, 255])).flat());
  return decodeQR({ width: side, height: side, data });
}

inBrowser("the payer's page", () => {
  it('[SET-A36] shows what is paid, to whom, where and at whose cost, before the wallet is asked for anything', async () => {
    const { page, wallet, context, id } = await inFront(shop.on.hands.payer, { width: 360 });
    await status(page, 'waiting');
    expect(await page.locator('#wallets').isVisible()).toBe(false);
    await tap(page, 'ETH');
    await page.waitForSelector('#quote:not([hidden])');
    const text = (await page.textContent('main')) as string;
    const { contracts } = shop.chain;
    const host = new URL(shop.api.service.url).host;
    for (const said of ['Demo Stream GmbH', 'INV-', '60.50 EUR', 'Street chain', contracts.settlement, '0.02037', '3000 EUR', '1 %', host])
      expect(text).toContain(said);
    expect(text).toContain('You pay it to the network');
    expect(text).toContain('never charged twice');
    expect(await page.getAttribute('#contract-link', 'href')).toBe(`https://scan.example/address/${contracts.settlement}`);
    expect(await page.textContent('#countdown')).toMatch(/^(9|10) min \d\d s$/);
    expect(await page.getAttribute('#coin-link', 'href')).toMatch(
      new RegExp(`^ethereum:${contracts.settlement}@31337\\?value=\\d+&data=0x`),
    );
    expect(wallet.asked).toEqual([]);
    await page.getByText('Pay with your phone').click();
    await page.waitForFunction(() => (document.querySelector('#qr') as HTMLImageElement).naturalWidth > 0);
    expect(await scanned(page)).toBe(`${shop.api.service.url}/pay/${id}`);
    await looksRight(page, 'waiting');
    await context.close();
  }, 120_000);

  it('takes a payment in coins by the keyboard alone, counts its confirmations, and keeps the receipt over a reload', async () => {
    const { page, id, context } = await inFront(shop.on.hands.payer);
    await status(page, 'waiting');
    await byKeyboard(page, ['ETH', 'Test Wallet', 'Pay']);
    await status(page, 'confirming');
    await says(page, 'Confirmed 1 of 3.');
    const tx = (await page.textContent('#tx')) as string;
    expect(await page.getAttribute('#tx-link', 'href')).toBe(`https://scan.example/tx/${tx}`);
    await shop.on.chain.provider.send('anvil_mine', ['0x1']);
    await says(page, 'Confirmed 2 of 3.');
    await looksRight(page, 'confirming');
    await page.reload();
    await says(page, 'Confirmed 2 of 3.');
    expect(await page.locator('#act').isVisible()).toBe(false);
    await shop.on.chain.provider.send('anvil_mine', ['0x1']);
    await status(page, 'confirmed');
    await says(page, 'Confirmed 3 of 3.');
    await looksRight(page, 'confirmed');
    await shop.on.chain.provider.send('anvil_mine', ['0x2']);
    await status(page, 'settled');
    const receipt = (await page.textContent('#receipt')) as string;
    const { payment } = (await shop.open(`/v1/checkouts/${id}`)).body as { payment: Record<string, string> };
    expect(payment['tx']).toBe(tx);
    for (const said of [tx, payment['block']!, payment['tokenAmount']!, '1 ETH = 3000 EUR', 'Demo Stream GmbH, INV-'])
      expect(receipt).toContain(said);
    await looksRight(page, 'settled');
    await context.close();
  }, 120_000);

  it('follows a payment without the stream of events, which is refused or cut off, and says nothing of it', async () => {
    const { page, context } = await inFront(shop.on.hands.payer, { width: 360 });
    await status(page, 'waiting');
    let refused = 0;
    await page.route('**/events*', (route) => {
      refused++;
      return route.fulfill({ status: 429, contentType: 'application/problem+json', body: '{}' });
    });
    await page.reload();
    await tap(page, 'ETH');
    await tap(page, 'Test Wallet');
    await tap(page, 'Pay');
    await untilSo(async () => page.getAttribute('#status', 'data-state'), (state) => state === 'settled'); // prettier-ignore
    expect([refused > 1, await page.locator('#problem').isHidden()]).toEqual([true, true]);
    await looksRight(page, 'without-stream');
    await context.close();
  }, 120_000);

  it('[SET-A36] takes a token by one signature (EIP-3009), of which it says who asks, and the payer pays no gas', async () => {
    const { payer } = shop.on.hands;
    const { page, wallet, id, context } = await inFront(payer);
    const coins = await shop.on.chain.provider.getBalance(payer.address);
    await tap(page, 'USDC');
    await tap(page, 'Test Wallet');
    await page.getByRole('button', { name: 'Sign, and we send the payment' }).waitFor();
    expect(await page.textContent('#fee')).toContain('we pay it');
    expect(await page.textContent('#prompt')).toContain(`${new URL(shop.api.service.url).host} and a signature for “Demo Dollar”`);
    await looksRight(page, 'gasless');
    await tap(page, 'Sign, and we send the payment');
    await underWay(page);
    await status(page, 'confirming');
    expect(await settled(id)).toBe(true);
    expect(wallet.asked).not.toContain('eth_sendTransaction');
    expect(await shop.on.chain.provider.getBalance(payer.address)).toBe(coins);
    await context.close();
  }, 120_000);

  it('takes a token by a signature (EIP-2612) and one transaction, each from a tap of its own', async () => {
    relaying(false);
    const { page, wallet, id, context } = await inFront(shop.on.hands.payer);
    await tap(page, 'USDC');
    await tap(page, 'Test Wallet');
    await tap(page, '1 of 2: Sign in the wallet');
    await page.getByRole('button', { name: '2 of 2: Pay' }).waitFor();
    expect(wallet.asked).not.toContain('eth_sendTransaction');
    await tap(page, '2 of 2: Pay');
    await underWay(page);
    relaying(true);
    expect(await settled(id)).toBe(true);
    await context.close();
  }, 120_000);

  it('offers an exact allowance to a wallet that cannot sign, and takes an old one back first', async () => {
    const { payer } = shop.on.hands;
    await (await shop.on.dollar.connect(payer).getFunction('approve')(shop.chain.contracts.settlement, 1n)).wait();
    const { page, wallet, id, context } = await inFront(payer);
    await tap(page, 'USDC');
    await tap(page, 'Test Wallet');
    wallet.declines.set('eth_signTypedData_v4', 4200);
    await tap(page, 'Sign, and we send the payment');
    await tap(page, '1 of 3: Take the old allowance back');
    await tap(page, '2 of 3: Allow exactly this amount');
    await tap(page, '3 of 3: Pay');
    await underWay(page);
    expect([await settled(id), await shop.on.dollar.getFunction('allowance')(payer.address, shop.chain.contracts.settlement)]).toEqual([
      true,
      0n,
    ]);
    await context.close();
  }, 120_000);

  it.each(['supported', 'ready'] as const)(
    'allows and pays in one confirmation (EIP-5792) where that is %s',
    async (atomic) => {
      const { page, wallet, id, context } = await inFront(shop.on.hands.payer);
      wallet.atomic = atomic;
      await tap(page, 'USDC');
      await tap(page, 'Test Wallet');
      await tap(page, 'Pay by transactions instead');
      const label = 'Allow exactly this amount and pay, in one step';
      // Who refuses to let its account be made fit for it (5750) does the same in single steps.
      if (atomic === 'ready') {
        wallet.declines.set('wallet_sendCalls', 5750);
        await tap(page, label);
        await tap(page, '1 of 2: Allow exactly this amount');
        await tap(page, '2 of 2: Pay');
      } else await tap(page, label);
      await underWay(page);
      expect([await settled(id), wallet.asked.includes('eth_sendTransaction')]).toEqual([true, atomic === 'ready']);
      await context.close();
    },
    120_000,
  );

  it('offers transactions where the code of an account does not stand by its signature, and warns of a known sweeper', async () => {
    const { payer } = shop.on.hands;
    await shop.on.chain.provider.send('anvil_setCode', [payer.address, `0xef0100${sweeper.slice(2)}`]);
    const { page, context } = await inFront(payer);
    await tap(page, 'USDC');
    await tap(page, 'Test Wallet');
    expect(await page.locator('#warning:not([hidden])').textContent()).toContain(
      `the code of ${sweeper}, which is known to empty accounts`,
    );
    await tap(page, 'Sign, and we send the payment');
    expect(await problem(page)).toContain('does not stand by this signature');
    await page.getByRole('button', { name: '1 of 2: Allow exactly this amount' }).waitFor();
    await shop.on.chain.provider.send('anvil_setCode', [payer.address, '0x']);
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
    await tap(page, 'Add the network to the wallet');
    await tap(page, 'Switch the network in the wallet');
    for (const [code, sentence] of [
      [4001, 'You declined in the wallet. Nothing was paid.'],
      [4100, 'Connect again'],
    ] as const) {
      wallet.declines.set('eth_sendTransaction', code);
      await tap(page, 'Pay');
      expect(await problem(page)).toContain(sentence);
    }
    await looksRight(page, 'declined');
    await tap(page, 'Test Wallet');
    await tap(page, 'Pay');
    await underWay(page);
    await context.close();
  }, 120_000);

  it('follows the account and the network that the wallet changes to, and lets go of one that was locked', async () => {
    const { page, wallet, context } = await inFront(shop.on.hands.payer);
    await tap(page, 'ETH');
    await tap(page, 'Test Wallet');
    await page.getByRole('button', { name: 'Pay', exact: true }).waitFor();
    await walletSays(page, 'accountsChanged', [shop.on.hands.other.address.toLowerCase()]);
    await page.locator('#payer', { hasText: shop.on.hands.other.address.toLowerCase() }).waitFor();
    wallet.chainId = '0x1';
    await walletSays(page, 'chainChanged', '0x1');
    await page.getByRole('button', { name: 'Switch the network in the wallet' }).waitFor();
    await walletSays(page, 'disconnect', { code: 4900 });
    await page.getByRole('button', { name: 'Switch the network in the wallet' }).waitFor({ state: 'hidden' });
    expect(await page.locator('#connected').isVisible()).toBe(false);
    await context.close();
  }, 120_000);

  it('sees a payment that waits, that the wallet replaced or cancelled, that the network forgot, and one that was sped up', async () => {
    const { payer } = shop.on.hands;
    const { provider } = shop.on.chain;
    const { page, context } = await inFront(payer);
    await tap(page, 'ETH');
    await tap(page, 'Test Wallet');
    const faster = (gwei: bigint) => ({ gasLimit: 300_000n, maxFeePerGas: gwei * 10n ** 9n, maxPriorityFeePerGas: gwei * 10n ** 9n });
    const nonce = await payer.getNonce();
    await provider.send('evm_setAutomine', [false]);
    try {
      await tap(page, 'Pay');
      const first = await keptWaiting(page);
      await status(page, 'seen');
      await says(page, 'Sent. It is not paid yet');
      await looksRight(page, 'seen');
      await payer.sendTransaction({ nonce, to: shop.on.hands.other.address, value: 1n, ...faster(90n) });
      await provider.send('anvil_mine', ['0x1']);
      await status(page, 'replaced');
      await looksRight(page, 'replaced');
      await tap(page, 'Pay');
      const second = await keptWaiting(page, first);
      await payer.sendTransaction({ nonce: nonce + 1, to: payer.address, value: 0n, ...faster(900n) });
      await provider.send('anvil_mine', ['0x1']);
      await status(page, 'cancelled');
      await looksRight(page, 'cancelled');
      await tap(page, 'Pay');
      const third = await keptWaiting(page, second);
      await provider.send('anvil_dropTransaction', [third]);
      await status(page, 'dropped');
      await looksRight(page, 'dropped');
      // At another price of gas, so that the next one is not the same transaction to the byte.
      await provider.send('anvil_setNextBlockBaseFeePerGas', ['0x77359400']);
      await provider.send('anvil_mine', ['0x1']);
      await tap(page, 'Pay');
      const slow = await keptWaiting(page, third);
      const { to, value, data } = (await provider.getTransaction(slow))!;
      const { hash } = await payer.sendTransaction({ nonce: nonce + 2, to, value, data, ...faster(9_000n) });
      await provider.send('anvil_mine', ['0x1']);
      await status(page, 'confirming');
      expect([await page.textContent('#tx'), slow === hash]).toEqual([hash, false]);
    } finally {
      await provider.send('evm_setAutomine', [true]);
    }
    await context.close();
  }, 120_000);

  it('says why a payment reverted, and takes the next one', async () => {
    const { page, id, context } = await inFront(shop.on.hands.payer);
    const { guardian, admin } = shop.on.hands;
    await tap(page, 'ETH');
    await tap(page, 'Test Wallet');
    await page.getByRole('button', { name: 'Pay', exact: true }).waitFor();
    // The page has tried it out; what happens on chain from here on it learns from the block alone.
    await sent(shop.on.settlement, guardian, 'pause');
    await tap(page, 'Pay');
    await status(page, 'reverted');
    await says(page, 'The payment did not go through. New payments are paused. Nothing was paid.');
    await looksRight(page, 'reverted');
    await sent(shop.on.settlement, admin, 'unpause');
    await tap(page, 'Check again');
    await tap(page, 'Pay');
    await status(page, 'confirming');
    expect(await settled(id)).toBe(true);
    await context.close();
  }, 120_000);

  it('says that the network took the block of a payment back, and takes it again: it is paid once', async () => {
    const { provider } = shop.on.chain;
    const { page, id, context } = await inFront(shop.on.hands.payer);
    await tap(page, 'ETH');
    await tap(page, 'Test Wallet');
    await tap(page, 'Pay');
    await says(page, 'Confirmed 1 of 3.');
    await provider.send('anvil_reorg', [1, []]);
    await status(page, 'reorged');
    expect(await settled(id)).toBe(false);
    expect([await page.textContent('#receipt-heading'), await page.locator('#paid').isVisible()]).toEqual(['Your transaction', false]);
    await page.locator('#quote').waitFor({ state: 'visible' });
    await looksRight(page, 'reorged');
    await tap(page, 'Pay');
    await says(page, 'Confirmed 1 of 3.');
    await provider.send('anvil_mine', ['0x4']);
    await status(page, 'settled');
    await context.close();
  }, 120_000);

  it('says that money arrived under no quote of ours, which a stolen key had signed', async () => {
    const { payer, providerAdmin, signer } = shop.on.hands;
    const { page, id, context } = await inFront(payer);
    await tap(page, 'ETH');
    await page.locator('#quote').waitFor({ state: 'visible' });
    const { providerId, seq } = (await shop.open(`/v1/checkouts/${id}`)).body as { providerId: string; seq: string };
    await sent(shop.on.registry, providerAdmin, 'setSigner', providerId, signer.address, 4_102_444_800);
    const quote = shop.on.quote({ providerId: BigInt(providerId), seq: BigInt(seq), token: ZeroAddress, amount: 5n });
    const pay = (shop.on.settlement.connect(payer) as typeof shop.on.settlement).getFunction('payNative');
    await (await pay(quote, signer.address, await shop.on.sign(quote), { value: 5n })).wait();
    await sent(shop.on.registry, providerAdmin, 'setSigner', providerId, signer.address, 0);
    await shop.on.chain.provider.send('anvil_mine', ['0x4']);
    await status(page, 'unmatched');
    await says(page, 'Please contact the provider');
    await looksRight(page, 'unmatched');
    expect(await page.locator('#act').isVisible()).toBe(false);
    await context.close();
  }, 120_000);

  it('sells prepaid credit for a stablecoin, and takes it for an invoice by a signature and for a title by a transaction', async () => {
    await shop.createCredit();
    const { payer } = shop.on.hands;
    const { account, invoice } = await shop.invoice('12.10');
    const opening = `/v1/accounts/${account}/credits/checkouts`;
    const { body } = await untilSo(
      () => shop.api.post(opening, { amount: '50', currency: 'EUR' }),
      ({ status: answered }) => answered === 201,
    );
    const buying = await inFrontOf(body.id as string, payer);
    await tap(buying.page, 'USDC');
    await tap(buying.page, 'Test Wallet');
    await tap(buying.page, 'Sign, and we send the payment');
    await underWay(buying.page);
    const held = async () => ((await shop.api.get(`/v1/accounts/${account}/credit`)).body.credit as { balance: string }[])[0]?.balance;
    expect(await untilSo(held, (balance) => balance !== undefined)).toBe('50.00');
    await buying.context.close();

    const billed = (await shop.api.post(`/v1/invoices/${invoice}/checkouts`, {})).body.id as string;
    const { page, wallet, context } = await inFrontOf(billed, payer);
    const coins = await shop.on.chain.provider.getBalance(payer.address);
    await byKeyboard(page, ['Prepaid credit (EUR)', 'Test Wallet']);
    await page.getByRole('button', { name: 'Sign, and we send the payment' }).waitFor();
    expect(await page.textContent('#spend')).toMatch(/You spend\s*12\.10 EUR\s*You have\s*50\.00 EUR/);
    expect(await page.textContent('#prompt')).toContain('a signature for “Demo Credit”');
    await looksRight(page, 'credit');
    wallet.declines.set('eth_signTypedData_v4', 4001);
    await byKeyboard(page, ['Sign, and we send the payment']);
    await page.locator('#problem', { hasText: 'You declined in the wallet' }).waitFor();
    await byKeyboard(page, ['Sign, and we send the payment']);
    await underWay(page);
    expect(await untilSo(held, (balance) => balance === '37.90')).toBe('37.90');
    await status(page, 'settled');
    expect(wallet.asked).not.toContain('eth_sendTransaction');
    expect(await shop.on.chain.provider.getBalance(payer.address)).toBe(coins);
    await context.close();

    const sale = { onSaleFrom: '2026-01-01T00:00:00.000Z', onSaleUntil: '2099-01-01T00:00:00.000Z' };
    const shown = { startsAt: '2099-01-01T00:00:00.000Z', endsAt: '2099-01-01T02:00:00.000Z' };
    const titled = async (name: string) => {
      const title = (await shop.api.post('/v1/titles', { name, price: '4.99', currency: 'EUR', ...sale, ...shown })).body.id as string;
      return (await shop.api.post(`/v1/accounts/${account}/purchases/checkouts`, { title })).body.id as string;
    };
    const watching = await inFrontOf(await titled('Final'), payer, { width: 360 });
    await tap(watching.page, 'Prepaid credit (EUR)');
    await tap(watching.page, 'Test Wallet');
    await tap(watching.page, 'Pay by a transaction instead');
    await tap(watching.page, 'Pay with credit');
    await underWay(watching.page);
    expect(await untilSo(held, (balance) => balance === '32.91')).toBe('32.91');
    await status(watching.page, 'settled');
    await watching.context.close();

    // A quote that can still land goes before credit.
    const bound = await inFrontOf(await titled('Replay'), payer);
    await tap(bound.page, 'ETH');
    await tap(bound.page, 'Test Wallet');
    await tap(bound.page, 'Prepaid credit (EUR)');
    await bound.page.locator('#problem', { hasText: 'A quote for this payment is still good' }).waitFor();
    await bound.context.close();
  }, 180_000);

  it('takes credit of nobody else', async () => {
    const { page, context } = await inFront(shop.on.hands.stranger);
    await tap(page, 'Prepaid credit (EUR)');
    await tap(page, 'Test Wallet');
    await page.locator('#problem', { hasText: 'holds no credit that was bought for your account' }).waitFor();
    await context.close();
  }, 120_000);

  it('signs in with a wallet, sets up a mandate within caps by the keyboard alone, pays the bill with it, and ends it from a paid page', async () => {
    const { payer, other: another } = shop.on.hands;
    const { page, wallet, id, context } = await inFront(payer);
    await byKeyboard(page, ['Set up or end automatic payments', 'Test Wallet']);
    await looksRight(page, 'automatic-before');
    wallet.declines.set('personal_sign', 4001);
    await byKeyboard(page, ['Sign in with the wallet']);
    await page.locator('#automatic-problem', { hasText: 'You declined in the wallet' }).waitFor();
    await byKeyboard(page, ['Sign in with the wallet']);
    await page.locator('#automatic-news', { hasText: 'agreed to nothing here' }).waitFor();
    await page.getByLabel('At most, each time').fill('100');
    await byKeyboard(page, ['Show what I agree to']);
    const item = page.locator('#mandates li');
    await item.getByText('At most 100 USDC in 30 days and 1200 USDC in all').waitFor();
    await looksRight(page, 'mandate-offered');
    await byKeyboard(page, ['Agree by a signature']);
    await byKeyboard(page, ['Allow the contract to collect up to the caps']);
    await byKeyboard(page, ['Pay this bill with it']);
    await underWay(page);
    await untilSo(async () => page.getAttribute('#status', 'data-state'), (state) => state === 'settled'); // prettier-ignore
    expect(await settled(id)).toBe(true);
    expect(await shop.on.dollar.getFunction('allowance')(payer.address, shop.chain.contracts.settlement)).toBeLessThan(1_200_000_000n);

    // What was allowed for bills to come is left to them: another payment is signed for instead, and takes none of it.
    const { invoice } = await shop.invoice('2.00');
    const other = (await shop.api.post(`/v1/invoices/${invoice}/checkouts`, {})).body.id as string;
    await shop.ask(`/v1/checkouts/${other}/quotes`, { token: shop.dollar });
    const ways = async () => {
      const { body } = await shop.open(`/v1/checkouts/${other}/payment?token=${shop.dollar}&payer=${payer.address}`);
      return (body as Prepared).ways.map(({ method, isRelayed = false }) => [method, isRelayed]);
    };
    expect(await ways()).toEqual([['authorization', true], ['allowance', false]]); // prettier-ignore
    relaying(false);
    expect(await ways()).toEqual([['authorization', false], ['allowance', false]]); // prettier-ignore
    relaying(true);

    // A page of what is paid still ends it; a wallet that did not agree to it is not shown it, nor does its session open anything.
    await page.reload();
    await status(page, 'settled');
    await tap(page, 'Set up or end automatic payments');
    await tap(page, 'Test Wallet');
    await tap(page, 'Sign in with the wallet');
    await item.getByText('You agreed to it.').waitFor();
    await looksRight(page, 'mandate-agreed');
    await walletSays(page, 'accountsChanged', [another.address.toLowerCase()]);
    await item.waitFor({ state: 'hidden' });
    await walletSays(page, 'accountsChanged', [payer.address.toLowerCase()]);
    await tap(page, 'Sign in with the wallet');
    await tap(page, 'End it');
    await item.getByText('Ended. Nothing is collected under it any more.').waitFor();
    await untilSo(async () => (await shop.on.settlement.getFunction('stateOf')(await item.getAttribute('data-mandate'))) as { revoked: boolean }, ({ revoked }) => revoked); // prettier-ignore
    await looksRight(page, 'mandate-ended');
    await context.close();
  }, 180_000);

  it('agrees to a mandate and ends it by transactions, for a wallet that does not sign', async () => {
    const { page, wallet, context } = await inFront(shop.on.hands.payer, { width: 360 });
    await tap(page, 'Set up or end automatic payments');
    await tap(page, 'Test Wallet');
    await tap(page, 'Sign in with the wallet');
    await page.getByLabel('At most, each time').fill('10');
    await tap(page, 'Show what I agree to');
    wallet.declines.set('eth_signTypedData_v4', 4200);
    await tap(page, 'Agree by a signature');
    await page.locator('#mandates').getByText('You agreed to it.').waitFor();
    await tap(page, 'End it by a transaction');
    await page.locator('#mandates').getByText('Ended.').waitFor();
    expect(wallet.asked.filter((method) => method === 'eth_sendTransaction')).toHaveLength(2);
    await context.close();
  }, 120_000);

  it('says that the network was not told of the end of a mandate, where that costs more than a day allows, and has the wallet tell it', async () => {
    const { page, context } = await inFront(shop.on.hands.payer, { width: 360 });
    await tap(page, 'Set up or end automatic payments');
    await tap(page, 'Test Wallet');
    await tap(page, 'Sign in with the wallet');
    await page.getByLabel('At most, each time').fill('10');
    await tap(page, 'Show what I agree to');
    const item = page.locator('#mandates li').first();
    await tap(page, 'Agree by a signature');
    await item.getByText('You agreed to it.').waitFor();
    const mandate = (await item.getAttribute('data-mandate')) as string;
    Object.assign(shop.chain, { spending: { relayFeeMaxPerDay: 0n } });
    try {
      await item.getByRole('button', { name: 'End it', exact: true }).click();
      await item.getByText('The network was not told yet').waitFor();
    } finally {
      Object.assign(shop.chain, { spending: {} });
    }
    await looksRight(page, 'mandate-end-untold');
    const isOver = async () => ((await shop.on.settlement.getFunction('stateOf')(mandate)) as { revoked: boolean }).revoked;
    expect(await isOver()).toBe(false);
    await tap(page, 'End it on the network too');
    await item.getByText('The network was not told yet').waitFor({ state: 'hidden' });
    expect(await isOver()).toBe(true);
    await context.close();
  }, 120_000);

  it('shows mandates to nobody who has not signed in, and to no session of another link', async () => {
    const [mine, other] = await Promise.all([shop.invoice('1.00'), shop.invoice('1.00')]);
    const linkOf = async (invoice: string) => (await shop.api.post(`/v1/invoices/${invoice}/checkouts`, {})).body.id as string;
    const [link, another] = [await linkOf(mine.invoice), await linkOf(other.invoice)];
    const { payer } = shop.on.hands;
    const pending = (await shop.ask(`/v1/checkouts/${link}/sign-ins`, { address: payer.address })).body as Record<string, string>;
    const signature = await payer.signMessage(pending['message'] as string);
    const signIn = () => shop.ask(`/v1/checkouts/${link}/sign-ins/${pending['nonce']}`, { signature });
    const { status: taken, body } = await signIn();
    expect([taken, (await signIn()).body.code]).toEqual([201, 'sign_in_refused']);
    const listed = async (of: string, token: string) => {
      const response = await fetch(`${shop.api.service.url}/v1/checkouts/${of}/mandates`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return [response.status, ((await response.json()) as { code?: string }).code];
    };
    expect(await listed(link, body.token as string)).toEqual([200, undefined]);
    expect(await listed(another, body.token as string)).toEqual([401, 'wallet_not_signed_in']);
    expect(await listed(link, shop.api.token)).toEqual([401, 'wallet_not_signed_in']);
  }, 120_000);

  it('[SET-A36] has wallets sign in at its own address alone, whatever a request says of itself', async () => {
    const { invoice } = await shop.invoice('1.00');
    const link = (await shop.api.post(`/v1/invoices/${invoice}/checkouts`, {})).body.id as string;
    const { payer } = shop.on.hands;
    const { url } = shop.api.service;
    /** As a page that stands between the payer and us passes it on: it says what it wants to. */
    const passedOn = async (path: string, body: object, headers: Readonly<Record<string, string>>) => {
      const sending = request(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID(), ...headers },
      });
      sending.end(JSON.stringify(body));
      const [answer] = (await once(sending, 'response')) as [IncomingMessage];
      return { status: answer.statusCode, body: JSON.parse(await text(answer)) as Record<string, unknown> };
    };
    const begin = (headers: Readonly<Record<string, string>>) =>
      passedOn(`/v1/checkouts/${link}/sign-ins`, { address: payer.address }, headers);
    const { body } = await begin({ host: 'pay.evil.example', 'x-forwarded-host': 'pay.evil.example' });
    expect(body['message']).toMatch(new RegExp(`^${new URL(url).host} wants you to sign in .*\nURI: ${url}/pay/${link}\n`, 's'));
    const elsewhere = { status: 403, body: { code: 'sign_in_elsewhere', params: { origin: url } } };
    expect(await begin({ origin: 'https://pay.evil.example' })).toMatchObject(elsewhere);
    // What the other page made of it, under its own name, is no signature of the text that we made.
    const signature = await payer.signMessage((body['message'] as string).replace(new URL(url).host, 'pay.evil.example'));
    const finish = `/v1/checkouts/${link}/sign-ins/${body['nonce'] as string}`;
    expect(await passedOn(finish, { signature }, { origin: 'https://pay.evil.example' })).toMatchObject(elsewhere);
    expect(await passedOn(finish, { signature }, { host: 'pay.evil.example' })).toMatchObject({
      status: 403,
      body: { code: 'sign_in_refused' },
    });
  }, 120_000);

  it('says in time that a quote ends, and gets the next one by itself for whoever needs longer', async () => {
    const rate = { base: 'ETH', currency: 'EUR', rate: '3000', source: 'test', at: new Date().toISOString(), spreadBps: '100' };
    await shop.api.post('/v1/settlement/rates', { ...rate, quoteSeconds: '5' });
    const { page, id, context } = await inFront(shop.on.hands.payer, { width: 360 });
    await tap(page, 'ETH');
    await page.locator('#timer-news', { hasText: 'ends in less than two minutes' }).waitFor();
    await tap(page, 'I need more time');
    expect(await page.textContent('#timer-news')).toContain('a new one comes by itself');
    // The next one begins where the last one ends, without another tap; nobody wanted more time of that one.
    await page.getByRole('button', { name: 'Ask for a new quote' }).waitFor();
    expect((await shop.open(`/v1/checkouts/${id}`)).body.state).toBe('expired');
    expect(await page.textContent('#timer-news')).toBe('');
    await looksRight(page, 'expired');
    await shop.rate('ETH', '3000', '100');
    await context.close();
  }, 120_000);

  it('takes the wallet that a browser injects where none announces itself', async () => {
    const { payer } = shop.on.hands;
    await sent(shop.on.dollar, payer, 'approve', shop.chain.contracts.settlement, 0n);
    const { page, context } = await inFront(payer, { announces: false });
    await tap(page, 'USDC');
    await tap(page, 'Wallet of this browser');
    await page.getByRole('button', { name: 'Sign, and we send the payment' }).waitFor();
    await context.close();
  }, 120_000);

  it('offers on a phone without a wallet to open the page in the browser of a wallet app, and nowhere else', async () => {
    const { invoice } = await shop.invoice('60.50');
    const id = (await shop.api.post(`/v1/invoices/${invoice}/checkouts`, {})).body.id as string;
    const link = `${shop.api.service.url}/pay/${id}`;
    for (const isMobile of [true, false]) {
      const context = await browser.newContext({ viewport: { width: 360, height: 900 }, isMobile, hasTouch: isMobile });
      const page = await context.newPage();
      page.setDefaultTimeout(20_000);
      await page.goto(link);
      await tap(page, 'ETH');
      await page.locator('#no-wallet').waitFor();
      expect(await page.locator('#wallet-apps').isVisible()).toBe(isMobile);
      if (isMobile) {
        const links = await page.locator('#wallet-app-list a').evaluateAll((all) => all.map((each) => (each as HTMLAnchorElement).href));
        expect(links).toEqual([
          link.replace('http://', 'metamask://dapp/'),
          `cbwallet://dapp?url=${encodeURIComponent(link)}`,
          `trust://open_url?coin_id=60&url=${encodeURIComponent(link)}`,
          `okx://wallet/dapp/url?dappUrl=${encodeURIComponent(link)}`,
        ]);
        await looksRight(page, 'wallet-apps');
      }
      await context.close();
    }
  }, 120_000);

  it('names what is short before the wallet is asked to pay', async () => {
    const { page, wallet, context } = await inFront(shop.on.hands.stranger);
    await tap(page, 'USDC');
    await tap(page, 'Test Wallet');
    expect(await problem(page)).toMatch(/^The wallet holds too little to pay the amount: 0.000000 USDC, and 65.\d+ USDC are needed.$/);
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
    const html = await response.text();
    expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
    // Each script and style is pinned: one that was changed on its way does not run.
    for (const file of ['pay.js', 'pay.css']) {
      const bytes = await (await fetch(`${shop.api.service.url}/pay/assets/${file}`)).bytes();
      expect(html).toContain(`"/pay/assets/${file}" integrity="sha384-${createHash('sha384').update(bytes).digest('base64')}"`);
    }
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

  it('tells a payer of a link that is none by a page, and a program by a problem', async () => {
    const { page, id, context } = await inFront(shop.on.hands.payer);
    const link = `${shop.api.service.url}/pay/${id}`;
    const opened = await page.goto(`${link}x`);
    expect([opened?.status(), await page.getByRole('heading').innerText()]).toEqual([404, 'There is no such payment']);
    expect(opened?.headers()['content-security-policy']).toBe((await fetch(link)).headers.get('content-security-policy'));
    // The style is pinned here, too, and was taken.
    expect(await page.evaluate(() => [document.styleSheets.length, document.querySelector('link[integrity]') !== null])).toEqual([1, true]);
    const told = await fetch(`${link}x`);
    expect([told.status, told.headers.get('content-type'), await told.json()]).toMatchObject([
      404,
      expect.stringContaining('application/problem+json'),
      { code: 'checkout_not_found' },
    ]);
    await context.close();
  }, 120_000);
});
