/// <reference lib="dom" />
import { AutomaticPayments } from './automatic-payments.ts';
import { type Checkout, CheckoutApi, Problem } from './checkout-api.ts';
import { type Counter, Paying } from './paying.ts';
import { PaymentMemory } from './payment-memory.ts';
import { problemSentence } from './problem-sentences.ts';
import { QuoteTimer } from './quote-timer.ts';
import { Spending } from './spending.ts';
import { busyStates, failedStates, finalStates } from './state-sentences.ts';
import { choice, element, setText, show, showAccount, showOrder, showQuote, showReceipt, showSpending, showState } from './view.ts';
import { codeOf, discoverWallets, type Provider, walletSentence } from './wallet.ts';
import { offerWalletApps } from './wallet-apps.ts';
import { networkOf, switchNetwork } from './wallet-network.ts';

/*
 * The page of a payer. The service makes every transaction and everything that is signed, and tries it out before; the page carries it to the
 * wallet. It holds no secret but its link, and a reload finds everything again.
 */

const id = location.pathname.split('/').at(-1) ?? '';
const api = new CheckoutApi(id);
const memory = new PaymentMemory(id);

/** How long we may take to bring a signature to the network before the payer is offered to do it alone. Both cannot pay: the slot is one. */
const relayPatienceMs = 60_000;

let checkout: Checkout | undefined;
let token: string | undefined;
/** Chosen instead of a token. */
let isCredit = false;
let provider: Provider | undefined;
let payer: string | undefined;
let following: { stop(): void } | undefined;
let next: (() => Promise<void>) | undefined;
let other: (() => Promise<void>) | undefined;
/** Raised by whatever makes an answer outdated: another token, account or network. */
let round = 0;

const act = element('act', HTMLButtonElement);
const second = element('other', HTMLButtonElement);
act.addEventListener('click', () => void run(next));
second.addEventListener('click', () => void run(other));

const counter: Counter = {
  offer(label, step, instead) {
    act.textContent = label;
    next = step;
    second.textContent = instead?.label ?? '';
    other = instead?.step;
    for (const button of [act, second]) button.disabled = false;
    act.hidden = false;
    second.hidden = instead === undefined;
  },
  say: (text) => setText('status', text),
  complain: ({ text }) => complain(text),
  announce(text) {
    show('prompt', text !== undefined);
    setText('prompt', text ?? '');
  },
  tellFee: (isOurs) =>
    setText('fee', isOurs ? 'None: we pay it. You only sign.' : 'You pay it to the network, in its own coin. We take nothing of it.'),
  sent(tx) {
    memory.sent(tx);
    setText('status', 'Sent. It is not paid yet: waiting for the network.');
    if (checkout !== undefined) showReceipt(checkout, { tx });
    withdraw();
    follow();
  },
  relayed(instead) {
    withdraw();
    void look();
    setTimeout(() => {
      if (checkout?.state === 'seen' && checkout.relay?.state === 'sending') counter.offer('Do not wait: pay by transactions', instead);
    }, relayPatienceMs);
  },
  restart: () => prepare(),
};

const timer = new QuoteTimer({
  more: () => void quoted(),
  over() {
    round++;
    counter.offer('Ask for a new quote', quoted);
  },
});

const automatic = new AutomaticPayments({
  api,
  connected: () => (provider === undefined || payer === undefined ? undefined : { wallet: provider, account: payer }),
  checkout: () => checkout,
  opened() {
    show('wallets', true);
    discover();
  },
  collected: () => void look(),
});

function withdraw(): void {
  act.hidden = true;
  second.hidden = true;
  next = undefined;
  other = undefined;
  counter.announce(undefined);
}

async function run(step: (() => Promise<void>) | undefined): Promise<void> {
  if (step === undefined) return;
  for (const button of [act, second]) button.disabled = true;
  complain(undefined);
  try {
    await step();
  } catch (error) {
    complain(error instanceof Problem ? problemSentence(error) : walletSentence(error));
    if (checkout !== undefined) showState(checkout);
    for (const button of [act, second]) button.disabled = false;
    if (codeOf(error) === 4100) await use([]);
  }
}

function complain(text: string | undefined): void {
  show('problem', text !== undefined);
  setText('problem', text ?? '');
}

function told(now: Checkout): void {
  const before = checkout?.state;
  checkout = now;
  memory.told(now);
  showOrder(now);
  showState(now);
  const { tx } = memory.get() ?? {};
  if (now.payment === undefined && tx !== undefined) showReceipt(now, { tx: now.transaction?.by ?? tx, block: now.transaction?.block });
  const isBusy = busyStates.includes(now.state);
  show('tokens', !isBusy);
  const isQuoted = !isBusy && token !== undefined && quoteOf(now) !== undefined;
  show('wallets', isQuoted || (!isBusy && isCredit) || automatic.isOpen);
  automatic.told(now);
  // Only a block that was taken back brings a payer here again; what is to be paid is shown before it is paid anew.
  if (isQuoted) show('quote', true);
  if (isBusy) {
    show('quote', false);
    show('spend', false);
    complain(undefined);
    withdraw();
  } else if (before === undefined) begin(now);
  else if (before !== now.state && (failedStates.includes(now.state) || now.relay?.state === 'failed')) void prepare();
  if (finalStates.includes(now.state)) following?.stop();
}

function quoteOf({ quotes }: Checkout) {
  return quotes.find((each) => each.token === token);
}

function begin(now: Checkout): void {
  for (const { address, currency } of now.tokens) choice('token-list', currency, { chosen: () => void choose(address) });
  if (now.credit !== undefined) choice('token-list', `Prepaid credit (${now.credit.currency})`, { chosen: () => void chooseCredit() });
  discover();
}

let isDiscovering = false;

/** Offers the wallets of this browser, once there is something to do for one. */
function discover(): void {
  if (isDiscovering) return;
  isDiscovering = true;
  show('no-wallet', true);
  setText('link', location.href);
  offerWalletApps(new URL(location.href));
  discoverWallets(({ name, icon, provider: found }) => {
    show('no-wallet', false);
    show('wallet-apps', false);
    choice('wallet-list', name, { icon, chosen: () => void connect(found) });
  });
}

async function choose(address: string): Promise<void> {
  token = address;
  isCredit = false;
  round++;
  show('spend', false);
  withdraw();
  await quoted();
}

/** Credit has no rate, so that there is nothing to quote: the wallet that holds it is asked next. */
async function chooseCredit(): Promise<void> {
  if (checkout === undefined) return;
  token = undefined;
  isCredit = true;
  round++;
  complain(undefined);
  show('quote', false);
  show('coins', false);
  showSpending(checkout);
  show('wallets', true);
  withdraw();
  await prepare();
}

/** A quote for the chosen token: the good one, or a new one. */
async function quoted(): Promise<void> {
  if (token === undefined || checkout === undefined) return;
  complain(undefined);
  counter.say('Asking for a quote …');
  try {
    checkout = await api.quote(token);
    showState(checkout);
    const quote = quoteOf(checkout);
    showQuote(quote, checkout.currency);
    timer.watch(quote?.deadline);
    show('wallets', quote !== undefined || automatic.isOpen);
    await prepare();
  } catch (error) {
    show('quote', false);
    show('wallets', automatic.isOpen);
    showState(checkout);
    complain(error instanceof Problem ? problemSentence(error) : 'The service cannot be reached. Try again.');
    counter.offer('Ask for a quote again', quoted);
    const notBefore = error instanceof Problem ? error.params['notBefore'] : undefined;
    timer.waitUntil(notBefore);
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

/** Wallets of which the page hears; one that the payer left for another says nothing any more. */
const heard = new Set<Provider>();

function listen(chosen: Provider): void {
  if (heard.has(chosen)) return;
  heard.add(chosen);
  const whenChosen = (react: (value: unknown) => void) => (value: unknown) => {
    if (provider === chosen) react(value);
  };
  const listeners = {
    accountsChanged: whenChosen((accounts) => void use(accounts as readonly string[])),
    chainChanged: whenChosen(() => void prepare()),
    disconnect: whenChosen(() => void use([])),
  };
  for (const [event, listener] of Object.entries(listeners)) chosen.on?.(event, listener);
}

async function use([account]: readonly string[]): Promise<void> {
  payer = account;
  show('connected', account !== undefined);
  setText('payer', account ?? '');
  if (account === undefined) {
    for (const button of element('wallet-list').querySelectorAll('button')) button.setAttribute('aria-pressed', 'false');
    withdraw();
    show('warning', false);
  }
  automatic.used();
  await prepare();
}

/** Finds out what the wallet has to do, and offers the first step of it. */
async function prepare(): Promise<void> {
  const mine = ++round;
  if (checkout === undefined || busyStates.includes(checkout.state)) return;
  if ((token === undefined && !isCredit) || provider === undefined || payer === undefined) return;
  withdraw();
  counter.say('Preparing your payment …');
  const [wallet, account] = [provider, payer];
  const { chainId } = networkOf(checkout);
  try {
    const isThere = (await wallet.request({ method: 'eth_chainId' })) === chainId;
    if (!isThere) {
      if (mine !== round) return;
      showState(checkout);
      return counter.offer('Switch the network in the wallet', () => changeNetwork(wallet));
    }
    if (token === undefined) return await spend({ wallet, account }, mine);
    const prepared = await api.prepare(token, account);
    if (mine !== round) return;
    showState(checkout);
    showAccount(prepared.account);
    if (prepared.refusal !== undefined) {
      complain(prepared.refusal.text);
      return counter.offer('Check again', prepare);
    }
    await new Paying(api, counter, { wallet, account, token, chainId }, prepared).begin(prepared.ways);
  } catch (error) {
    if (mine !== round) return;
    showState(checkout);
    complain(error instanceof Problem ? problemSentence(error) : walletSentence(error));
    if (error instanceof Problem && error.code === 'quote_not_found') counter.offer('Ask for a new quote', quoted);
    else counter.offer('Try again', prepare);
  }
}

/** Asks for the credit of this wallet, and offers the first step of spending it. */
async function spend(by: { readonly wallet: Provider; readonly account: string }, mine: number): Promise<void> {
  const offered = await api.redemption(by.account);
  if (mine !== round || checkout === undefined) return;
  showState(checkout);
  const balance = offered.needs.find(({ of }) => of === 'balance');
  showSpending(checkout, balance?.held);
  if (balance?.isEnough === true && offered.refusal === undefined) return new Spending(api, counter, by, offered).begin();
  complain(balance?.isEnough === false ? 'Your wallet holds too little credit for this payment.' : offered.refusal?.text);
  counter.offer('Check again', prepare);
}

async function changeNetwork(wallet: Provider): Promise<void> {
  if (checkout === undefined) return;
  await switchNetwork(wallet, networkOf(checkout), (add) => {
    complain(walletSentence({ code: 4902 }));
    counter.offer('Add the network to the wallet', async () => {
      await add();
      await prepare();
    });
  }).then((isSwitched) => (isSwitched ? prepare() : undefined));
}

function follow(): void {
  following?.stop();
  following = api.follow(() => memory.get(), told);
}

async function look(): Promise<void> {
  try {
    told(await api.show(memory.get()));
  } catch (error) {
    // What is on the page stays true, and it is asked again by itself; only a page that shows nothing yet says why.
    if (checkout === undefined)
      setText('status', error instanceof Problem ? error.message : 'The service cannot be reached. Trying again …');
  }
}

element('copy').addEventListener('click', () => {
  const copied = navigator.clipboard.writeText(element('tx').textContent ?? '');
  void copied.then(
    () => setText('copied', 'Copied.'),
    () => setText('copied', 'The browser did not copy it. Select it instead.'),
  );
});
const qr = element('qr', HTMLImageElement);
element('phone').addEventListener('toggle', () => {
  qr.src = `/pay/${encodeURIComponent(id)}/qr.svg`;
  qr.hidden = false;
});
document.addEventListener('visibilitychange', () => {
  // Phones cut the connection of a page that is out of sight, and the wallet may have sent meanwhile.
  if (document.visibilityState !== 'visible' || finalStates.includes(checkout?.state ?? '')) return;
  void look();
  follow();
});
await look();
if (!finalStates.includes(checkout?.state ?? '')) follow();
