import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { demandPublicOrigin } from '../../../services/main/public-origin-setting.ts';
import { readSettings } from '../../../services/main/settings.ts';
import { newWitnessKey } from '../../../verifier/note/witness-key.ts';
import type { SettlementChain } from '../../../services/settlement/application/settlement-chain.ts';
import { projectRoot } from '../../../services/read-store/project-root.ts';

describe('settings', () => {
  it('default to everything embedded, on this machine alone', () => {
    expect(readSettings([], {})).toEqual({
      role: 'all',
      host: '127.0.0.1',
      port: 3000,
      logLevel: 'warn',
      dataFolder: join(projectRoot(import.meta.dirname), '.data'),
      databaseUrl: undefined,
      databaseOwnerUrl: undefined,
      eventStoreUrl: undefined,
      chain: { kind: 'embedded' },
      witnesses: [],
      otherChains: [],
      settlementChains: [],
      reconcileHours: 24,
      checkoutLimits: {},
    });
  });

  it('take engines of the user from the environment', () => {
    const environment = {
      DATABASE_URL: 'postgres://service@db/x',
      DATABASE_OWNER_URL: 'postgres://owner@db/x',
      EVENTSTORE_URL: 'esdb://store.example?tls=false',
      CHAIN_RPC_URL: 'https://chain.example',
    };
    expect(readSettings([], environment)).toMatchObject({
      databaseUrl: 'postgres://service@db/x',
      databaseOwnerUrl: 'postgres://owner@db/x',
      eventStoreUrl: 'esdb://store.example?tls=false',
      chain: { kind: 'remote', url: 'https://chain.example' },
    });
    expect(readSettings([], { CHAIN_RPC_URL: 'none' }).chain).toEqual({ kind: 'none' });
  });

  it('say where payers reach the service, without a path', () => {
    const of = (text: string) => readSettings([], { PUBLIC_ORIGIN: text }).publicOrigin;
    expect([of('https://Pay.example/'), of('https://pay.example:8443'), of('http://localhost:3000')]).toEqual([
      'https://pay.example',
      'https://pay.example:8443',
      'http://localhost:3000',
    ]);
  });

  it.each([
    [undefined, 'it is not set'],
    ['http://localhost:3000', 'it is http://localhost:3000'],
  ])('refuse to start where real money is paid at %s', (publicOrigin, message) => {
    const chainOf = (realMoney: boolean) => ({ chainId: '10', profile: { realMoney } }) as SettlementChain;
    const demanded =
      (...settlementChains: SettlementChain[]) =>
      () =>
        demandPublicOrigin({ settlementChains, publicOrigin });
    expect(demanded(chainOf(false), chainOf(true))).toThrow(`since real money is paid on chain 10; ${message}.`);
    expect(demanded(chainOf(false))).not.toThrow();
    expect(() => demandPublicOrigin({ settlementChains: [chainOf(true)], publicOrigin: 'https://pay.example' })).not.toThrow();
  });

  it('name witnesses by address and key', () => {
    const [alpha, beta] = ['alpha.example/w', 'beta.example/w'].map((name) => newWitnessKey(name).split('\n')[0] as string);
    const { witnesses } = readSettings([], { WITNESSES: `https://alpha.example/t/#${alpha}, http://127.0.0.1:8090#${beta}` });
    expect(witnesses.map(({ url, key }) => [url, key.name, key.vkey])).toEqual([
      ['https://alpha.example/t/', 'alpha.example/w', alpha],
      ['http://127.0.0.1:8090', 'beta.example/w', beta],
    ]);
    expect(() => readSettings([], { WITNESSES: `http://a#${alpha},http://b#${alpha}` })).toThrow('WITNESSES names a key twice');
  });

  it('prefer an option to the environment, and treat an empty variable as none', () => {
    expect(readSettings(['--port', '0', '--data', '/a'], { PORT: '4000', TALLYROOT_DATA: '/b' })).toMatchObject({
      port: 0,
      dataFolder: '/a',
    });
    expect(readSettings([], { PORT: '', ROLE: '' })).toMatchObject({ port: 3000, role: 'all' });
  });

  it.each([
    [['--port', '70000'], {}, '--port takes a number from 0'],
    [[], { PORT: 'http' }, 'PORT takes a number from 0'],
    [[], { ROLE: 'keeper' }, 'ROLE takes one of all, api, projector, sequencer, anchorer, watcher, sender'],
    [[], { DATABASE_URL: 'mysql://db' }, 'DATABASE_URL takes a URL that begins with postgres://'],
    [[], { DATABASE_OWNER_URL: 'postgres://db' }, 'DATABASE_OWNER_URL is set without DATABASE_URL'],
    [[], { ANCHOR_CONTRACT: '0x12' }, 'ANCHOR_CONTRACT takes an address, or <address>@<block>'],
    [[], { PUBLIC_ORIGIN: 'pay.example' }, 'PUBLIC_ORIGIN takes https:// and the name'],
    [[], { PUBLIC_ORIGIN: 'http://pay.example' }, 'PUBLIC_ORIGIN takes https:// and the name'],
    [[], { PUBLIC_ORIGIN: 'https://pay.example/pay' }, 'PUBLIC_ORIGIN takes https:// and the name'],
    [[], { PUBLIC_ORIGIN: 'https://me@pay.example' }, 'PUBLIC_ORIGIN takes https:// and the name'],
    [[], { PUBLIC_ORIGIN: 'https://pay.example?a=1' }, 'PUBLIC_ORIGIN takes https:// and the name'],
    [[], { SETTLEMENT_RECONCILE_HOURS: '0' }, 'SETTLEMENT_RECONCILE_HOURS takes hours, a whole number from 1 to 999'],
    [[], { CHECKOUT_ASKS_PER_MINUTE: '9' }, 'CHECKOUT_ASKS_PER_MINUTE takes a whole number from 10 to 9999999'],
    [[], { CHAIN_FEE_PER_GAS_MAX: '50 gwei' }, 'CHAIN_FEE_PER_GAS_MAX takes wei per unit of gas, a whole number above 0'],
    [[], { CHAIN_RPC_URL: '8545' }, 'CHAIN_RPC_URL takes a URL that begins with http://'],
    [[], { WITNESSES: 'https://witness.example' }, 'WITNESSES takes <url>#<vkey>'],
    [[], { WITNESSES: 'https://me:secret@witness.example#key' }, 'WITNESSES takes URLs without a password'],
    [[], { WITNESSES: 'https://witness.example?a=1#key' }, 'WITNESSES takes URLs without a password and a query'],
    [[], { WITNESSES: 'https://witness.example#key' }, 'WITNESSES holds what is no public key'],
    [[], { EVENTSTORE_URL: 'tcp://store:1113' }, 'EVENTSTORE_URL takes a URL that begins with esdb://'],
    [[], { EVENTSTORE_URL: 'kurrentdb://store' }, 'EVENTSTORE_URL begins with kurrentdb://'],
    [['--colour'], {}, "Unknown option '--colour'"],
  ])('refuse %j with %j', (args, environment, message) => {
    expect(() => readSettings(args, environment)).toThrow(message);
  });

  it('repeat no password in a message', () => {
    expect(() => readSettings([], { DATABASE_URL: 'mysql://me:secret@db' })).toThrow(/^(?!.*secret)/);
    expect(() => readSettings([], { WITNESSES: 'ftp://me:secret@witness.example#key' })).toThrow(/^(?!.*secret)/);
    expect(() => readSettings([], { EVENTSTORE_URL: 'esdb://me:secret@store?tls=false' })).toThrow(/^(?!.*secret)/);
  });
});
