import { randomUUID } from 'node:crypto';
import { Contract, type Wallet } from 'ethers';
import { sent, settlementOn, type SettlementChain as DeployedContracts } from '../../bench/support/settlement-chain.ts';
import { startThrowawayChain } from '../../bench/support/throwaway-chain.ts';
import { ppvEscrowAbi, ppvEscrowBytecode } from '../../contracts/generated/ppv-escrow.ts';
import { prepaidCreditAbi } from '../../contracts/generated/prepaid-credit.ts';
import { prepaidCreditFactoryAbi, prepaidCreditFactoryBytecode } from '../../contracts/generated/prepaid-credit-factory.ts';
import type { ServiceOptions } from '../../services/main/service/service-options.ts';
import { nativeToken, type SettlementChain } from '../../services/settlement/application/settlement-chain.ts';
import { type Answer, startTestService, type TestService } from './service.ts';

/** A service whose provider `demo` is paid on a chain of the test's own, where its key is a signer and its treasury takes coins and a dollar. */
export interface PaidProvider {
  readonly api: TestService;
  readonly on: DeployedContracts;
  readonly chain: SettlementChain;
  /** Lower-case address that refunds are paid from. */
  readonly refunder: string;
  /** Lower-case address of the dollar; the money table knows it as USDC. */
  readonly dollar: string;
  /** Without a key: what a payer's browser sends. */
  open(path: string): Promise<Answer>;
  ask(path: string, body: object, key?: string): Promise<Answer>;
  /** Sets the rate of a token to one of now. */
  rate(base: 'ETH' | 'USDC', rate: string, spreadBps?: string): Promise<void>;
  /** Sets any rate, of some seconds ago. */
  rateOf(pair: string, rate: string, ago?: number, spreadBps?: string): Promise<void>;
  /**
   * Opens a checkout by this path, and lets the payer's wallet pay it in the token; `between` comes when it is quoted. Answers the checkout's
   * path and the transaction.
   */
  pay(opening: string, token: string, between?: () => Promise<void>): Promise<{ readonly path: string; readonly tx: string }>;
  /** The same of a checkout that is open. */
  payAt(path: string, token: string, between?: () => Promise<void>): Promise<{ readonly path: string; readonly tx: string }>;
  /** An issued invoice of a new account over this amount. */
  invoice(amount: string): Promise<{ readonly account: string; readonly invoice: string; readonly number: string }>;
  /** A token for its prepaid credit in EUR, which the service's own key gives out; that key and the relayer get coins. */
  createCredit(): Promise<Contract>;
  close(): Promise<void>;
}

/** A way to pay, as the API answers it. */
interface Way {
  readonly method: string;
  readonly sign?: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- As wallets take it.
  readonly transactions?: readonly { readonly to: string; readonly value: string; readonly data: string }[];
}

const forever = 4_102_444_800;

export interface PaidOptions extends Partial<ServiceOptions> {
  /** Twice as many blocks behind the head is final. */
  readonly slotsInAnEpoch?: number;
}

type Configured = Partial<Pick<SettlementChain, 'display' | 'profile' | 'relaysPayments'>> & {
  /** Taken beside the coin and the dollar. */
  readonly tokens?: (on: PaidProvider['on']) => Promise<SettlementChain['tokens']>;
};

/** `configured`: what else the operator has said of the chain; `profile`: the provider of itself. */
export async function startPaidProvider(
  { slotsInAnEpoch = 1, ...options }: PaidOptions = {},
  { tokens, ...configured }: Configured = {},
  profile: { readonly bookCurrency?: string } = {},
): Promise<PaidProvider> {
  const on = await settlementOn(await startThrowawayChain({ slotsInAnEpoch }));
  const [registry, settlement, dollar] = (await Promise.all(
    [on.registry, on.settlement, on.dollar].map(async (contract) => (await contract.getAddress()).toLowerCase()),
  )) as [string, string, string];
  const escrow = (await (await on.deploy(ppvEscrowAbi, ppvEscrowBytecode, registry, on.permit2)).getAddress()).toLowerCase();
  const factory = await on.deploy(prepaidCreditFactoryAbi, prepaidCreditFactoryBytecode, registry);
  const creditFactory = (await factory.getAddress()).toLowerCase();
  const chain: SettlementChain = {
    ...{
      chainId: '31337',
      rpcUrls: [on.chain.url],
      contracts: { registry, settlement, escrow, creditFactory },
      codeHashes: {},
      deploymentBlock: 0n,
    },
    tokens: [
      { address: nativeToken, currency: 'ETH', decimals: 18 },
      { address: dollar, currency: 'USDC', decimals: 6 },
      ...((await tokens?.(on)) ?? []),
    ],
    profile: { finality: 'tag', realMoney: false, confirmations: [] },
    ...configured,
  };
  const api = await startTestService({ settlementChains: [chain], ...options });
  await api.post('/v1/settlement', { legalName: 'Demo Stream GmbH', ...profile });
  const { providerId, chains } = (await api.get('/v1/settlement')).body as {
    providerId: string;
    chains: { signer: string; refunder: string; collector: string; minter: string; relayer: string }[];
  };
  const { admin, providerAdmin, treasury } = on.hands;
  await sent(on.registry, admin, 'createProvider', providerId, providerAdmin.address, treasury.address);
  await sent(on.registry, providerAdmin, 'setSigner', providerId, chains[0]?.signer, forever);
  await sent(on.registry, providerAdmin, 'setRefunder', providerId, chains[0]?.refunder, forever);
  await sent(on.registry, providerAdmin, 'setCollector', providerId, chains[0]?.collector, forever);
  await sent(on.registry, providerAdmin, 'setToken', providerId, dollar, true, 6);
  const { refunder, minter, relayer } = chains[0] as (typeof chains)[number];
  const send = async (method: string, path: string, headers: Readonly<Record<string, string>> = {}, body?: string): Promise<Answer> => {
    const response = await fetch(api.service.url + path, { method, headers, ...(body !== undefined && { body }) });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: JSON.parse(text) as unknown };
  };
  const open = (path: string) => send('GET', path);
  const ask = (path: string, body: object, key: string = randomUUID()) =>
    send('POST', path, { 'content-type': 'application/json', 'idempotency-key': key }, JSON.stringify(body));
  const payAt = async (path: string, token: string, between: () => Promise<void> = () => Promise.resolve()) => {
    await ask(`${path}/quotes`, { token });
    await between();
    const { payer } = on.hands;
    const { ways, refusal } = (await open(`${path}/payment?token=${token}&payer=${payer.address}`)).body;
    if (refusal !== undefined) throw new Error(`The payment is refused: ${JSON.stringify(refusal)}`);
    const [way] = ways as Way[];
    if (way?.sign === undefined) return { path, tx: await sendFrom(payer, way!.transactions![0]!) };
    const { EIP712Domain: _, ...types } = way.sign.types;
    const signature = await payer.signTypedData(way.sign.domain, types, way.sign.message);
    const signed = `${path}/signed-payment?token=${token}&payer=${payer.address}&method=${way.method}&signature=${signature}`;
    return { path, tx: await sendFrom(payer, (await open(signed)).body.transaction) };
  };
  return {
    ...{ api, on, chain, dollar, refunder, open, ask, payAt },
    createCredit: async () => {
      await sent(factory, providerAdmin, 'createCredit', providerId, 2, '0x455552', 10n ** 8n, 'Demo Credit', 'DEMO');
      const credit = new Contract((await factory.getFunction('creditOf')(providerId)) as string, prepaidCreditAbi, on.chain.provider);
      await sent(credit, providerAdmin, 'setMinter', minter, forever);
      for (const address of [minter, relayer, refunder]) await on.chain.provider.send('anvil_setBalance', [address, '0x56bc75e2d63100000']);
      return credit;
    },
    pay: async (opening, token, between) => payAt(`/v1/checkouts/${(await api.post(opening, {})).body.id}`, token, between),
    rate: (base, rate, spreadBps) => setRate(api, `${base}/EUR`, { rate, spreadBps }),
    rateOf: (pair, rate, ago, spreadBps) => setRate(api, pair, { rate, ago, spreadBps }),
    invoice: (amount) => invoiceOver(api, amount),
    close: async () => {
      await api.close();
      await on.chain.stop();
    },
  };
}

async function setRate(
  api: TestService,
  pair: string,
  { rate, ago = 0, spreadBps = '0' }: { readonly rate: string; readonly ago?: number | undefined; readonly spreadBps?: string | undefined },
): Promise<void> {
  const [base, currency] = pair.split('/');
  const body = { base, currency, rate, source: 'test', at: new Date(Date.now() - ago * 1000).toISOString(), spreadBps };
  const { status } = await api.post('/v1/settlement/rates', body);
  if (status !== 201) throw new Error(`The rate was answered ${status}.`);
}

/** Sends a prepared transaction from a wallet and answers its hash once it is mined, reverted or not. */
export async function sendFrom(
  wallet: Wallet,
  transaction: { to: string; value: string; data: string },
  gasLimit?: bigint,
): Promise<string> {
  const { to, value, data } = transaction;
  const sentOut = await wallet.sendTransaction({ to, value, data, ...(gasLimit !== undefined && { gasLimit }) });
  await sentOut.wait().catch(() => undefined);
  return sentOut.hash;
}

async function invoiceOver(api: TestService, amount: string) {
  const account = (await api.post('/v1/accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '10000' })).body.id as string;
  await api.post(`/v1/accounts/${account}/charges`, { amount, currency: 'EUR', product: 'tv', description: 'TV' });
  const { id: invoice, position } = (await api.post(`/v1/accounts/${account}/invoices`, { dueOn: '2099-12-31' })).body as Record<
    string,
    string
  >;
  for (let attempt = 0; attempt < 600; attempt++) {
    const { body } = await api.get(`/v1/invoices/${invoice}?after=${position}`);
    if (body.document !== undefined) return { account, invoice: invoice as string, number: body.number as string };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Invoice ${invoice} was not issued.`);
}
