/// <reference lib="dom" />
import { type Checkout, CheckoutApi, type PayWay, Problem, type WalletTransaction } from './checkout-api.ts';
import { choice, element, setText, show, showCountdown, showOrder, showQuote, showReceipt, showState } from './view.ts';
import { codeOf, discoverWallets, type Provider, walletSentence } from './wallet.ts';

/*
 * The page of a payer. The service makes every transaction and everything that is signed, and tries it out before; the page carries it to the
 * wallet. It holds no secret but its link, and a reload finds everything again.
 */

const id = location.pathname.split('/').at(-1) ?? '';
const api = new CheckoutApi(id);
/** The transaction that pays, or may have: kept for a reload, in this browser alone. */
const txKey = `tallyroot:${id}`;
const finalStates = ['settled', 'unmatched', 'released'];
/** States in which the wallet is not asked again. */
const busyStates = ['seen', 'confirming', 'confirmed', ...finalStates];

let checkout: Checkout | undefined;
let token: string | undefined;
let provider: Provider | undefined;
let payer: string | undefined;
let following: { stop(): void } | undefined;
/** What the button does next: each request to the wallet comes from a tap of its own, or phones do not open the wallet. */
let next: (() => Promise<void>) | undefined;
/** Raised by whatever makes an answer outdated: another token, account or network. */
let round = 0;

const act = element('act', HTMLButtonElement);
act.addEventListener('click', () => void run());

function offer(label: string, step: () => Promise<void>): void {
  act.textContent = label;
  act.disabled = false;
  act.hidden = false;
  next = step;
}

async function run(): Promise<void> {
  const step = next;
  if (step === undefined) return;
  act.disabled = true;
  complain(undefined);
  try {
    await step();
  } catch (error) {
    complain(error instanceof Problem ? problemSentence(error) : walletSentence(error));
    if (checkout !== undefined) showState(checkout);
    act.disabled = false;
    if (codeOf(error) === 4100) await use([]);
  }
}

function complain(text: string | undefined): void {
  show('problem', text !== undefined);
  setText('problem', text ?? '');
}

function problemSentence({ code, message, params }: Problem): string {
  const at = params['notBefore'] ?? params['until'];
  if (code === 'quote_too_early' && at !== undefined) {
    return `A new quote can be had at ${new Date(at).toLocaleTimeString()}, when the network cannot bring back the last one.`;
  }
  if (code.startsWith('rate_')) return 'The provider has no rate for this at the moment. Try again soon, or pay with something else.';
  return message;
}

function told(now: Checkout): void {
  const isFirst = checkout === undefined;
  checkout = now;
  showOrder(now);
  showState(now);
  const named = localStorage.getItem(txKey);
  if (now.payment === undefined && named !== null) showReceipt(named, now.transaction?.block);
  const isBusy = busyStates.includes(now.state);
  for (const section of ['tokens', 'wallets']) show(section, !isBusy);
  if (isBusy) {
    show('quote', false);
    act.hidden = true;
    next = undefined;
  } else if (isFirst) begin(now);
  else if (now.state === 'reverted' || now.state === 'replaced') void prepare();
  if (finalStates.includes(now.state)) following?.stop();
}

function begin(now: Checkout): void {
  for (const { address, currency } of now.tokens) choice('token-list', currency, { chosen: () => void choose(address) });
  show('no-wallet', true);
  setText('link', location.href);
  discoverWallets(({ name, icon, provider: found }) => {
    show('no-wallet', false);
    choice('wallet-list', name, { icon, chosen: () => void connect(found) });
  });
}

async function choose(address: string): Promise<void> {
  token = address;
  round++;
  complain(undefined);
  await quoted();
}

/** A quote for the chosen token: the good one, or a new one. */
async function quoted(): Promise<void> {
  if (token === undefined || checkout === undefined) return;
  try {
    checkout = await api.quote(token);
    showState(checkout);
    const quote = checkout.quotes.find((each) => each.token === token);
    showQuote(quote, checkout.currency);
    await prepare();
  } catch (error) {
    show('quote', false);
    complain(error instanceof Problem ? problemSentence(error) : 'The service cannot be reached. Try again.');
    offer('Ask for a quote again', quoted);
  }
}

async function connect(chosen: Provider): Promise<void> {
  complain(undefined);
  try {
    const accounts = (await chosen.request({ method: 'eth_requestAccounts' })) as readonly string[];
    if (provider !== chosen) listen(chosen);
    provider = chosen;
    await use(accounts);
  } catch (error) {
    complain(walletSentence(error));
  }
}

function listen(chosen: Provider): void {
  chosen.on?.('accountsChanged', (accounts) => void use(accounts as readonly string[]));
  chosen.on?.('chainChanged', () => void prepare());
  chosen.on?.('disconnect', () => void use([]));
}

async function use([account]: readonly string[]): Promise<void> {
  payer = account;
  show('connected', account !== undefined);
  setText('payer', account ?? '');
  await prepare();
}

/** Finds out what the wallet has to do, and offers the first step of it. */
async function prepare(): Promise<void> {
  const mine = ++round;
  if (checkout === undefined || busyStates.includes(checkout.state)) return;
  act.hidden = true;
  if (token === undefined || provider === undefined || payer === undefined) return;
  const wallet = provider;
  const chainId = `0x${BigInt(checkout.chainId).toString(16)}`;
  try {
    if ((await wallet.request({ method: 'eth_chainId' })) !== chainId) {
      if (mine === round) offer('Switch the network in the wallet', () => switchTo(wallet, chainId));
      return;
    }
    const { ways, refusal } = await api.prepare(token, payer);
    if (mine !== round) return;
    if (refusal === undefined) return offerWay(wallet, ways);
    complain(refusal.text);
    offer('Check again', prepare);
  } catch (error) {
    if (mine !== round) return;
    complain(error instanceof Problem ? problemSentence(error) : walletSentence(error));
    if (error instanceof Problem && error.code === 'quote_not_found') offer('Ask for a new quote', quoted);
    else offer('Try again', prepare);
  }
}

async function switchTo(wallet: Provider, chainId: string): Promise<void> {
  await wallet.request({ method: 'wallet_switchEthereumChain', params: [{ chainId }] });
  await prepare();
}

/** A signature saves the payer a transaction where the token takes one; a wallet that cannot sign is offered the transactions. */
function offerWay(wallet: Provider, ways: readonly PayWay[]): void {
  const [way] = ways.filter(({ method }) => method !== 'authorization');
  if (way === undefined) return;
  const plain = ways.find(({ sign }) => sign === undefined);
  if (way.sign !== undefined) {
    offer('1 of 2: Sign in the wallet', async () => {
      try {
        await sign(wallet, way);
      } catch (error) {
        if (plain === undefined || ![-32601, 4200].includes(codeOf(error) ?? 0)) throw error;
        offerTransactions(wallet, plain.transactions, 1);
      }
    });
    return;
  }
  offerTransactions(wallet, way.transactions, 1);
}

async function sign(wallet: Provider, way: PayWay): Promise<void> {
  const by = { token: token ?? '', payer: payer ?? '', method: way.method };
  waitForWallet();
  const signature = (await wallet.request({ method: 'eth_signTypedData_v4', params: [by.payer, JSON.stringify(way.sign)] })) as string;
  const nonce = way.method === 'permit2' ? { nonce: way.sign?.message.nonce ?? '' } : {};
  const { transaction, refusal } = await api.signed({ ...by, signature, ...nonce });
  if (checkout !== undefined) showState(checkout);
  if (refusal !== undefined) {
    complain(refusal.text);
    offer('Start again', prepare);
    return;
  }
  offer('2 of 2: Pay', () => pay(wallet, transaction));
}

function offerTransactions(wallet: Provider, transactions: readonly WalletTransaction[], step: number): void {
  const [first, ...rest] = transactions;
  if (first === undefined) return;
  const count = step + rest.length;
  if (rest.length === 0) {
    offer(count === 1 ? 'Pay' : `${step} of ${count}: Pay`, () => pay(wallet, first));
    return;
  }
  offer(`${step} of ${count}: Allow exactly this amount`, async () => {
    waitForWallet();
    const tx = await send(wallet, first);
    setText('status', 'Waiting for the network to take the allowance.');
    if (await isIncluded(tx)) offerTransactions(wallet, rest, step + 1);
    else await prepare();
  });
}

async function pay(wallet: Provider, transaction: WalletTransaction): Promise<void> {
  waitForWallet();
  const tx = await send(wallet, transaction);
  localStorage.setItem(txKey, tx);
  setText('status', 'Sent. It is not paid yet: waiting for the network.');
  showReceipt(tx, undefined);
  act.hidden = true;
  follow(tx);
}

async function send(wallet: Provider, { from, to, value, data }: WalletTransaction): Promise<string> {
  return (await wallet.request({ method: 'eth_sendTransaction', params: [{ from, to, value, data }] })) as string;
}

function waitForWallet(): void {
  setText('status', 'Confirm in your wallet.');
}

/** Asks the service until a transaction before the last one is in a block. */
async function isIncluded(tx: string): Promise<boolean> {
  for (;;) {
    const state = (await api.show(tx)).transaction?.state;
    if (state === 'included') return true;
    if (state === 'reverted') return false;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

function follow(tx: string | undefined): void {
  following?.stop();
  following = api.follow(tx, told);
}

async function look(): Promise<void> {
  try {
    told(await api.show(localStorage.getItem(txKey) ?? undefined));
  } catch (error) {
    setText('status', error instanceof Problem ? error.message : 'The service cannot be reached.');
  }
}

setInterval(() => {
  const quote = checkout?.quotes.find((each) => each.token === token);
  if (quote === undefined || busyStates.includes(checkout?.state ?? '') || showCountdown(quote.deadline)) return;
  if (!act.hidden && act.textContent === 'Ask for a new quote') return;
  round++;
  offer('Ask for a new quote', quoted);
}, 1_000);

element('copy').addEventListener('click', () => void navigator.clipboard.writeText(element('tx').textContent ?? ''));
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') void look();
});
await look();
follow(localStorage.getItem(txKey) ?? undefined);
