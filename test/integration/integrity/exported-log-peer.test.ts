import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { DiscoveredLogs } from '../../../services/integrity/application/discovered-logs.ts';
import { exportLog } from '../../../services/integrity/application/export-log.ts';
import { LogFiles } from '../../../services/integrity/application/log-files.ts';
import { hasGo, judgedByPeer, judgedByVerifier } from '../../support/log-verifier-peer.ts';
import { appendCharges, openFixture, untilSigned } from './log-fixture.ts';

const withGo = hasGo ? describe : describe.skip;

withGo('an export of the ledger itself', () => {
  it('is VALID to a second verifier too, which was written from the document alone', async () => {
    const fixture = await openFixture();
    const folder = await mkdtemp(join(tmpdir(), 'tallyroot-export-'));
    const sequencer = fixture.sequencer();
    try {
      const { store, leaves, heads } = fixture;
      const files = new LogFiles({ store, leaves, heads, logs: new DiscoveredLogs(store), anchors: { anchors: async () => [] } });
      sequencer.start();
      const folders = [];
      for (const charges of [0, 255, 300]) {
        if (charges > 0) await appendCharges(fixture, `north.account-${charges}`, charges);
        await untilSigned(fixture);
        const out = join(folder, String(charges));
        await exportLog(files, 'north', out);
        folders.push({ folder: out, genesis: fixture.log.genesisHash });
      }
      const judged = await Promise.all(folders.map(judgedByVerifier));
      expect(judgedByPeer(folders)).toEqual(judged);
      expect(judged.map(({ verdict, size }) => [verdict, size])).toEqual([
        ['VALID', '1'],
        ['VALID', '256'],
        ['VALID', '556'],
      ]);
    } finally {
      await sequencer.stop();
      await fixture.close();
      await rm(folder, { recursive: true });
    }
  });
});

if (!hasGo) console.warn('Go is not installed: the comparison with the verifier in Go was left out.');
