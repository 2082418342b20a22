import { describe } from '@jest/globals';
import { StateMap } from '../../services/integrity/domain/state-map.ts';
import { rootOfBranch } from '../../services/integrity/domain/state-map-hash.ts';
import { stateEntryOf } from '../../services/integrity/domain/committed-state.ts';
import { verifyFiles } from '../support/verify-files.ts';
import { dataWith, honestLog, replaceEvent } from './built-logs.ts';
import { simulate, verdictOf } from './simulate.ts';

const line = (account: string, direction: string, amount = '5.00') => ({ account, amount, currency: 'EUR', direction });

describe('attacks on balances', () => {
  simulate(12, 'leaves a charge out before anybody was told of it', async () => {
    const log = honestLog();
    return verdictOf(await verifyFiles(log, log.files()));
  });

  simulate(13, 'logs a payment that never was, with both its sides', async () => {
    const log = honestLog();
    const postings = [line('asset:cash:card', 'debit'), line('asset:receivable:acc_1', 'credit')];
    log.append({ stream: 'north.account-acc_1', type: 'PaymentReceived/1', fin: { postings } });
    log.commitState();
    return verdictOf(await verifyFiles(log, log.files()));
  });

  simulate(14, 'commits to other balances than the events give', async () => {
    const log = honestLog();
    const lie = stateEntryOf({ account: 'asset:unbilled:acc_1', currency: 'EUR', balance: 1n, leaf: 2n });
    log.commitState(log.size, { stateRoot: StateMap.empty.with([lie]).root() });
    return verdictOf(await verifyFiles(log, log.files()));
  });

  const account = { account: 'asset:unbilled:acc_1', currency: 'EUR', leaf: 2n };
  const truth = stateEntryOf({ ...account, balance: 500n });
  const lie = stateEntryOf({ ...account, balance: 1n });
  const both = rootOfBranch(StateMap.empty.with([truth]).root(), StateMap.empty.with([lie]).root());

  simulate(15, 'commits to a map that holds an account twice', async () => {
    const log = honestLog();
    log.commitState(log.size, { stateRoot: both });
    return verdictOf(await verifyFiles(log, log.files()));
  });

  simulate(16, 'leaves a currency out of the totals', async () => {
    const log = honestLog();
    log.commitState(log.size, { totals: [] });
    return verdictOf(await verifyFiles(log, log.files()));
  });

  simulate(16, 'fills up with an event that does not balance', async () => {
    const log = honestLog();
    const postings = [line('asset:cash:card', 'debit'), line('revenue:tv', 'credit', '4.00')];
    log.append({ stream: 'north.account-acc_9', type: 'ChargePosted/1', fin: { postings } });
    log.commitState();
    return verdictOf(await verifyFiles(log, log.files()));
  });

  simulate(17, 'commits by other rules than it names', async () => {
    const log = honestLog();
    const size = log.size;
    log.move('1.00');
    log.commitState(size, { uptoSize: String(log.size) });
    return verdictOf(await verifyFiles(log, log.files()));
  });

  simulate(18, 'stores an old event in a new version that says something else', async () => {
    const log = honestLog();
    log.commitState();
    const index = log.size - 2;
    replaceEvent(log, index, { type: 'ChargePosted/2', data: dataWith(log, index, '0.50', '0.40') });
    return verdictOf(await verifyFiles(log, log.files()));
  });

  simulate(35, 'names a program as its fold', async () => {
    const log = honestLog();
    log.commitState(log.size, { fold: 'https://example.com/fold.js' });
    return verdictOf(await verifyFiles(log, log.files()));
  });
});
