import { afterAll, beforeAll, describe } from '@jest/globals';
import { answerOf, linesOf, mergeDelaySeconds, promised, receiptsOf } from '../support/signed-promises.ts';
import { verifyFiles } from '../support/verify-files.ts';
import { AnchoringChain, nowText } from '../support/anchoring-chain.ts';
import { dataWith, honestLog, replaceEvent } from './built-logs.ts';
import { simulate, verdictOf } from './simulate.ts';

let chain: AnchoringChain;
beforeAll(async () => {
  chain = await AnchoringChain.start();
});
afterAll(() => chain.stop());

const toleranceSeconds = 300;
/** So long ago that an anchor of today is past the deadline of what was promised then. */
const longAgo = () => nowText(-mergeDelaySeconds - toleranceSeconds - 3_600);

describe('attacks on whoever was promised something', () => {
  simulate(2, 'writes a leaf anew of which somebody keeps the receipt', async () => {
    const log = honestLog();
    const index = log.size - 1;
    const receipts = linesOf(receiptsOf(log, [promised(log, index)]));
    replaceEvent(log, index, { data: dataWith(log, index, '0.50', '0.40') });
    return verdictOf(await verifyFiles(log, log.files(), { receipts }));
  });

  simulate(10, 'holds an event back behind the deadline of its receipt', async () => {
    const log = await chain.log({ toleranceSeconds });
    const receipts = linesOf(receiptsOf(log, [{ stream: `${log.slug}.account-acc_1`, rev: 0, leaf: 'a'.repeat(64), at: longAgo() }]));
    await chain.round(log);
    log.move('1.00', { at: nowText() });
    await chain.round(log);
    return verdictOf(await verifyFiles(log, log.files(), { rpcUrls: [chain.anvil.url], receipts }));
  });

  simulate(11, 'acknowledges a payment and keeps it out of the log', async () => {
    const log = await chain.log({ toleranceSeconds });
    log.move('1.00', { at: nowText() });
    const receipts = linesOf(receiptsOf(log, [{ stream: `${log.slug}.account-acc_1`, rev: 1, leaf: 'a'.repeat(64), at: longAgo() }]));
    await chain.round(log);
    return verdictOf(await verifyFiles(log, log.files(), { rpcUrls: [chain.anvil.url], receipts }));
  });

  simulate(14, 'answers a customer with another balance than its own events give', async () => {
    const log = honestLog();
    const balances = [{ account: 'asset:unbilled:acc_1', balance: '99.00', currency: 'EUR' }];
    const answers = linesOf([answerOf(log, log.size, { account: 'acc_1', balances })]);
    return verdictOf(await verifyFiles(log, log.files(), { answers }));
  });
});
