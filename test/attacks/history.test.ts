import { describe } from '@jest/globals';
import type { LogBuilder } from '../support/log-builder.ts';
import { MemoryLogSource } from '../support/memory.log-source.ts';
import { verifyFiles } from '../support/verify-files.ts';
import { dataWith, honestLog, replaceEvent, swapLeaves } from './built-logs.ts';
import { simulate, verdictOf } from './simulate.ts';

/** What somebody was shown, and keeps. */
const seen = (log: LogBuilder, seenBy: string) => ({ note: log.checkpoint(), from: seenBy });

describe('attacks on what was written', () => {
  simulate(2, 'writes an event anew before it is anchored, under the eyes of one who keeps a head', async () => {
    const log = honestLog();
    const heads = [seen(log, 'a customer')];
    replaceEvent(log, log.size - 1, { data: dataWith(log, log.size - 1, '0.50', '0.40') });
    return verdictOf(await verifyFiles(log, log.files(), { heads }));
  });

  simulate(3, 'swaps two events of one account', async () => {
    const log = honestLog();
    swapLeaves(log, 1, 3);
    return verdictOf(await verifyFiles(log, log.files()));
  });

  simulate(3, 'swaps events of two accounts under the head that was signed', async () => {
    const log = honestLog();
    const head = log.checkpoint();
    swapLeaves(log, 1, 2);
    return verdictOf(await verifyFiles(log, log.files().set('checkpoint', head)));
  });

  simulate(4, 'leaves an event out of its stream', async () => {
    const log = honestLog();
    log.entries.splice(3, 1);
    log.events.splice(3, 1);
    return verdictOf(await verifyFiles(log, log.files()));
  });

  simulate(5, 'truncates a stream in the event store', async () => {
    const log = honestLog();
    const files = log.files();
    const lines = files.get('payloads/000.jsonl')!.toString().split('\n');
    lines[4] = JSON.stringify({ ...(JSON.parse(lines[4]!) as object), data: 'missing', metadata: 'missing' });
    return verdictOf(await verifyFiles(log, files.set('payloads/000.jsonl', Buffer.from(lines.join('\n')))));
  });

  simulate(6, 'shows one tree to a customer and another to the auditor', async () => {
    const log = honestLog();
    const fork = log.size - 1;
    const heads = [seen(log, 'a customer')];
    replaceEvent(log, fork, { data: dataWith(log, fork, '0.50', '0.40') });
    for (let more = 0; more < 5; more++) log.move('1.00');
    return verdictOf(await verifyFiles(log, log.files(), { heads }));
  });

  simulate(24, 'signs another history with the stolen key than the one that is anchored', async () => {
    const contract = `0x${'c'.repeat(40)}`;
    const log = honestLog({ chains: [{ chainId: '1', contract, fromBlock: '0', codeHash: `0x${'d'.repeat(64)}` }] });
    log.anchors.push({ chainId: '1', contract, size: BigInt(log.size), root: `0x${log.root().toString('hex')}` });
    replaceEvent(log, log.size - 1, { data: dataWith(log, log.size - 1, '0.50', '0.40') });
    return verdictOf(await verifyFiles(log, log.files()));
  });

  simulate(24, 'rotates to a key of its own, which the recovery key has not signed', async () => {
    const log = honestLog();
    log.rotateKey({ isForged: true });
    return verdictOf(await verifyFiles(log, log.files()));
  });

  for (const path of ['tile/0/', 'tile/entries/', 'checkpoint']) {
    simulate(29, `withholds ${path}`, async () => {
      const log = honestLog();
      return verdictOf(await verifyFiles(log, log.files(), { source: new MemoryLogSource(log.files(), { refused: [path] }) }));
    });
  }

  simulate(34, 'serves another log under the same name', async () => {
    const [log, other] = [honestLog(), honestLog()];
    return verdictOf(await verifyFiles(log, other.files()));
  });

  simulate(34, 'serves the old genesis with a log that was begun anew', async () => {
    const [log, other] = [honestLog(), honestLog()];
    return verdictOf(await verifyFiles(log, other.files().set('genesis.json', log.files().get('genesis.json')!)));
  });
});
