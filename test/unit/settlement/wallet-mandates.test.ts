import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ValueProvider } from '@nestjs/common';
import type { CommandBus } from '@nestjs/cqrs';
import type { WalletSessions } from '../../../services/access/application/wallet-sessions.ts';
import { accept } from '../../../services/commands/domain/decision.ts';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { PublicOrigin } from '../../../services/http/public-origin.ts';
import { ChainMandateDesk } from '../../../services/settlement/adapters/chain/chain.mandate-desk.ts';
import { WalletMandatesController } from '../../../services/settlement/adapters/http/wallet-mandates.controller.ts';
import { CheckoutAsks } from '../../../services/settlement/application/checkout/checkout-asks.ts';
import type { Checkouts } from '../../../services/settlement/application/checkout/checkouts.ts';
import { CollectInvoice, CollectInvoiceHandler } from '../../../services/settlement/application/mandates/collect-invoice.handler.ts';
import { MANDATE_DESK, type MandateDesk } from '../../../services/settlement/application/mandates/mandate-desk.ts';
import { MandatePlaces } from '../../../services/settlement/application/mandates/mandate-places.ts';
import type { OfferMandate } from '../../../services/settlement/application/mandates/mandate.handlers.ts';
import { OpenCheckout } from '../../../services/settlement/application/checkout/open-checkout.handler.ts';
import { PayerCollectionLimit } from '../../../services/settlement/application/mandates/payer-collection-limit.ts';
import { dispatchStream, mandateStream } from '../../../services/settlement/application/sending/sending-streams.ts';
import { SettlementChains } from '../../../services/settlement/application/settlement-chains.ts';
import type { SettlementChain } from '../../../services/settlement/application/settlement-chain.ts';
import { WalletMandates } from '../../../services/settlement/application/mandates/wallet-mandates.ts';
import type { DispatchEvent } from '../../../services/settlement/domain/dispatch.events.ts';
import { fail, order } from '../../../services/settlement/domain/dispatch.decider.ts';
import { dispatch } from '../../../services/settlement/domain/dispatch.ts';
import { walletPlacesMax } from '../../../services/settlement/domain/mandate-places.ts';
import { offerMandate } from '../../../services/settlement/domain/mandate.decider.ts';
import { mandateDigest, type MandateTerms } from '../../../services/settlement/domain/mandate-terms.ts';
import type { MandateEvent } from '../../../services/settlement/domain/mandate.events.ts';
import { mandate } from '../../../services/settlement/domain/mandate.ts';
import { SettlementModule, type SettlementPorts } from '../../../services/settlement/settlement.module.ts';
import { envelope, executionOn } from '../../support/execution.ts';
import { account, collectionDecided, collectOrdered, invoice, offered, place, target, terms } from './sending.fixtures.ts';

const chain: SettlementChain = {
  ...{ chainId: place.chainId, rpcUrls: ['http://127.0.0.1:9'], codeHashes: {}, deploymentBlock: 0n },
  tokens: [{ address: terms.token, currency: 'USDC', decimals: 6 }],
  contracts: { registry: place.contract, settlement: place.contract },
  profile: { finality: 'tag', realMoney: false, confirmations: [] },
};
const holder = { provider: 'demo', account, payer: terms.payer };

let store: MemoryEventStore;
let listed: { readonly mandate: string; readonly terms: MandateTerms }[];
let asked: string[];
/** On chain. */
let ended: string[];
let mandates: WalletMandates;

beforeEach(() => {
  store = new MemoryEventStore();
  [listed, asked, ended] = [[], [], []];
  const desk = {
    usageOf: async (_: object, { mandate: id }: { readonly mandate: string }) => {
      asked.push(id);
      return { collected: 1_000_000n, allowed: 5_000_000n };
    },
    stateOf: async (_: object, id: string) => {
      asked.push(id);
      return { isApproved: true, isRevoked: ended.includes(id) };
    },
  } as unknown as MandateDesk;
  const ofAccount = async () => ({ mandates: listed });
  mandates = new WalletMandates({
    ...{ executor: executionOn(store).executor, mandates: { ofAccount }, desk, chains: new SettlementChains([chain]) },
  });
});

async function listedMandate(salt: string, ...events: readonly ('sign' | 'revoke' | 'at-link')[]): Promise<string> {
  const own = { ...terms, salt };
  const id = mandateDigest(own, place);
  const atLink = events.includes('at-link') ? ({ byPayer: true } as const) : {};
  const more = events
    .filter((each) => each !== 'at-link')
    .map((each): MandateEvent =>
      each === 'sign'
        ? { type: 'MandateSigned/1', data: { mandate: id, signature: '0x' } }
        : { type: 'MandateRevoked/1', data: { mandate: id, by: 'payer', signature: '0x' } },
    );
  await executionOn(store).executor.execute({
    ...{ aggregate: mandate, stream: mandateStream('demo', id), envelope: envelope(salt) },
    decide: () => accept({ type: 'MandateOffered/1', data: { ...offered, ...atLink, mandate: id, terms: own } }, ...more),
  });
  listed.push({ mandate: id, terms: own });
  return id;
}

describe('the mandates of a wallet', () => {
  it('are listed with what the chain knows of those that live, and it is not asked about those that are over', async () => {
    for (let salt = 1; salt <= 50; salt++) await listedMandate(salt.toString(), ...(salt % 2 === 0 ? ['sign' as const] : []), 'revoke');
    const living = await listedMandate('51', 'sign');
    const found = await mandates.of(holder);
    expect(found.map(({ state }) => state.status)).toEqual([...Array<string>(50).fill('revoked'), 'agreed']);
    expect(asked).toEqual([living]);
    expect(found.map(({ usage }) => usage)).toEqual([
      ...Array<undefined>(50).fill(undefined),
      { collected: 1_000_000n, allowed: 5_000_000n, toAllow: 49_000_000n },
    ]);
  });

  it('say of one that is over whether its contract was told, and ask the chain only where we failed to', async () => {
    const { executor } = executionOn(store);
    const ids = [];
    for (const salt of ['1', '2', '3', '4']) ids.push(await listedMandate(salt, 'sign', 'revoke'));
    const [, sending, failed, byWallet] = ids as [string, string, string, string];
    for (const id of [sending, failed, byWallet]) {
      const stream = dispatchStream('demo', `revoke.${id}`);
      const data = { ...target, mandate: id, terms, signature: '0x' };
      await executor.execute({
        ...{ aggregate: dispatch, stream, envelope: envelope(`order ${id}`) },
        decide: (state) => order(state, { type: 'RevocationOrdered/1', data }),
      });
      if (id === sending) continue;
      const failure = { code: 'spending_limit', spent: '1', limit: '1' } as const;
      await executor.execute({
        ...{ aggregate: dispatch, stream, envelope: envelope(`fail ${id}`) },
        decide: (state) => fail(state, { ordered: '0', failure }),
      });
    }
    ended = [byWallet];
    const found = await mandates.of(holder);
    expect(found.map(({ revocation }) => revocation)).toEqual([
      undefined,
      { state: 'sending' },
      { state: 'failed', failure: 'spending_limit' },
      { state: 'done' },
    ]);
    expect(asked).toEqual([failed, byWallet]);
  });

  it('need an allowance for everything that was agreed to, and for the one that is looked at', async () => {
    await listedMandate('1', 'sign');
    await listedMandate('2', 'sign');
    await listedMandate('3');
    const found = await mandates.of(holder);
    expect(found.map(({ usage }) => usage?.toAllow)).toEqual([98_000_000n, 98_000_000n, 147_000_000n]);
  });

  it('are looked up at nodes within the calls that all links may make together', async () => {
    const ports = { chains: [chain], secret: new Uint8Array(32), limits: { nodeCallsPerMinute: 1 } } as unknown as SettlementPorts;
    const providers = SettlementModule.register(ports).providers as readonly ValueProvider<MandateDesk>[];
    const { useValue: desk } = providers.find(({ provide }) => provide === MANDATE_DESK) as ValueProvider<MandateDesk>;
    const told = await Promise.allSettled([1, 2].map(() => desk.stateOf(place, offered.mandate)));
    expect(told.map((each) => each.status === 'rejected' && String(each.reason))).toEqual([
      expect.not.stringContaining('are used up'),
      expect.stringContaining('The calls that checkouts may make to chain 31337 are used up for now.'),
    ]);
  });
});

describe('an invoice that a wallet has collected by itself', () => {
  const limit = 20_000_000_000_000_000n;
  const clock = { now: () => '2026-03-01T12:00:00.000Z' };
  let commands: unknown[];
  const collecting = (spent: bigint, spentFor = 0n) => {
    const { executor } = executionOn(store);
    const execute = (command: unknown) => {
      commands.push(command);
      return Promise.resolve({ seq: '7', outcome: { kind: 'rejected', rejection: { code: 'slot_closed' } } });
    };
    const since = async ({ operations, account: of }: { readonly operations: readonly string[]; readonly account?: string }) =>
      operations.join() === 'payer-collect' && (of === undefined || of === account) ? (of === undefined ? spent : spentFor) : 0n;
    const above = new PayerCollectionLimit({
      ...{ costs: { since }, desk: { feePerGasOn: async () => 1_000_000_000n }, chains: new SettlementChains([chain]) },
      clock,
    });
    return new CollectInvoiceHandler(executor, { execute } as unknown as CommandBus, above, clock);
  };
  const asked =
    (given: object = {}) =>
    (id: string) =>
      new CollectInvoice(envelope('collect'), { invoice, mandate: id, ...given });

  beforeEach(() => {
    commands = [];
  });

  it('opens nothing and costs nothing where payers have ordered as much gas as the day allows', async () => {
    const id = await listedMandate('1', 'sign');
    const spent = limit - 400_000n * 1_000_000_000n + 1n;
    const rejection = { code: 'spending_limit', spent: spent.toString(), limit: limit.toString() };
    expect(await collecting(spent).execute(asked({ byPayer: true })(id))).toEqual({ kind: 'rejected', rejection });
    expect(commands).toEqual([]);
  });

  it('opens nothing where its account has had its share of the day', async () => {
    const id = await listedMandate('1', 'sign');
    const share = limit / 10n;
    const rejection = { code: 'spending_limit', spent: share.toString(), limit: share.toString() };
    expect(await collecting(share, share).execute(asked({ byPayer: true })(id))).toEqual({ kind: 'rejected', rejection });
    expect(commands).toEqual([]);
  });

  it.each([
    ['while one more stays within the limit', limit - 400_000n * 1_000_000_000n, { byPayer: true }],
    ['whatever payers have ordered, where the provider asks', limit, {}],
  ])('goes on %s', async (_, spent, given) => {
    const id = await listedMandate('1', 'sign');
    await collecting(spent).execute(asked(given)(id));
    expect(commands).toEqual([expect.any(OpenCheckout)]);
  });
});

describe('an invoice that the provider collects under a mandate that was set up at a link', () => {
  const limit = 20_000_000_000_000_000n;
  let commands: unknown[];
  /** Opens the slot, takes any quote, and says what was to be collected. */
  const collect = async (id: string, spent: bigint) => {
    const { executor } = executionOn(store);
    const outcome = { kind: 'repeated' };
    const execute = async (command: unknown) => {
      commands.push(command);
      return command instanceof OpenCheckout ? { seq: '7', outcome } : outcome;
    };
    const above = new PayerCollectionLimit({
      ...{ costs: { since: async () => spent }, desk: { feePerGasOn: async () => 1_000_000_000n } },
      ...{ chains: new SettlementChains([chain]), clock: { now: () => '2026-03-01T12:00:00.000Z' } },
    });
    const bus = { execute } as unknown as CommandBus;
    const handler = new CollectInvoiceHandler(executor, bus, above, { now: () => '2026-03-01T12:00:00.000Z' });
    return handler.execute(new CollectInvoice(envelope('collect'), { invoice, mandate: id }));
  };
  beforeEach(() => {
    commands = [];
  });

  it('counts its gas with what payers order, until something was collected under it', async () => {
    const id = await listedMandate('1', 'at-link', 'sign');
    expect(await collect(id, limit)).toMatchObject({ kind: 'rejected', rejection: { code: 'spending_limit' } });
    expect(commands).toEqual([]);
    await collect(id, 0n);
    expect(commands.at(-1)).toMatchObject({ data: { mandate: id, slot: '7', byPayer: true } });
    const { executor } = executionOn(store);
    const decided = collectionDecided('6', '1', '0');
    await executor.execute({
      ...{ aggregate: mandate, stream: mandateStream('demo', id), envelope: envelope('decided') },
      decide: () => accept(decided),
    });
    const done = { ordered: '0', tx: '0x1', block: { number: '1', hash: '0x1', time: '2026-03-01T00:00:00.000Z' }, gas: '1', fee: '1' };
    await executor.execute({
      ...{ aggregate: dispatch, stream: dispatchStream('demo', 'collect.6'), envelope: envelope('done') },
      decide: () => accept<DispatchEvent>(collectOrdered({ slot: '6' }), { type: 'DispatchDone/1', data: done }),
    });
    await collect(id, limit);
    expect(commands.at(-1)).toMatchObject({ data: { mandate: id, slot: '7', byPayer: false } });
  });
});

describe('a mandate that a wallet sets up on the page', () => {
  let now: string;
  let lost: boolean;
  const body = { token: terms.token, maxPerPeriod: '20.00', currency: 'USDC', periodDays: '30', periods: '12' } as const;
  const places = () => new MandatePlaces({ executor: executionOn(store).executor, clock: { now: () => now } });
  const offer = (key: string, asked: Partial<typeof body> | { readonly maxPerPeriod: string } = {}) => {
    const { executor } = executionOn(store);
    const execute = async ({ envelope: by, data }: OfferMandate) => {
      if (lost) throw new Error('The process is gone.');
      const stream = mandateStream('demo', data.mandate);
      return executor.execute({ aggregate: mandate, stream, envelope: by, decide: (state) => offerMandate(state, data, now) });
    };
    const owner = { opened: { account }, place: { chainId: chain.chainId } };
    const desk = new ChainMandateDesk(new SettlementChains([chain]), () => ({ call: () => Promise.reject(new Error('No node.')) }));
    const controller = new WalletMandatesController(
      { execute } as unknown as CommandBus,
      { slotOf: () => ({ provider: 'demo', seq: '7' }), owner: async () => owner } as unknown as Checkouts,
      mandates,
      { open: () => ({ address: terms.payer }) } as unknown as WalletSessions,
      new SettlementChains([chain]),
      desk,
      { now: () => now },
      new CheckoutAsks({ asksPerMinute: 90 }),
      new PublicOrigin('https://pay.example'),
      places(),
    );
    return controller.offer('link', undefined, key, { ...body, ...asked });
  };
  beforeEach(() => {
    [now, lost] = ['2026-03-01T12:00:00.000Z', false];
  });

  it('is the same one where the request is repeated later, also at the most that a wallet may have', async () => {
    const first = await offer('first');
    for (let each = 2; each <= walletPlacesMax; each++) await offer(`k${each}`);
    now = '2026-03-02T11:00:00.000Z';
    expect(await offer('first')).toEqual(first);
    await expect(offer('one-more')).rejects.toMatchObject({ code: 'mandates_too_many' });
  });

  it('has its place where a process was gone before it was offered, and takes no other', async () => {
    for (let each = 2; each <= walletPlacesMax; each++) await offer(`k${each}`);
    lost = true;
    await expect(offer('first')).rejects.toThrow('The process is gone.');
    lost = false;
    now = '2026-03-01T12:30:00.000Z';
    await expect(offer('first', { maxPerPeriod: '21.00' })).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    expect(await offer('first')).toMatchObject({ status: 'offered', start: '2026-03-01T12:00:00.000Z' });
    await expect(offer('one-more')).rejects.toMatchObject({ code: 'mandates_too_many' });
  });

  it('takes no place where it is malformed', async () => {
    await expect(offer('first', { maxPerPeriod: '0.00' })).rejects.toMatchObject({ code: 'mandate_malformed' });
    expect(await Array.fromAsync(store.readAll())).toEqual([]);
  });
});
