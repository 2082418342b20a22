import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openAnchorChain } from '../../../services/integrity/adapters/chain/open-anchor-chain.ts';
import { type EmbeddedChain, startChain } from '../../../services/main/embedded/chain.ts';
import { dataFolderAt } from '../../../services/main/embedded/data-folder.ts';
import { openAnchoringFixture } from './anchoring-fixture.ts';

let chain: EmbeddedChain;
let dataFolder: string;

beforeAll(async () => {
  dataFolder = mkdtempSync(join(tmpdir(), 'tallyroot-local-chain-'));
  mkdirSync(join(dataFolder, 'chain'));
  chain = await startChain(dataFolderAt(dataFolder), () => undefined);
});

afterAll(() => chain.stop());

describe('the local chain', () => {
  it('makes anchors final by itself, one after the other', async () => {
    const fixture = await openAnchoringFixture({});
    try {
      const { pool } = fixture;
      const opened = await openAnchorChain({ rpcUrl: chain.rpcUrl, keysFolder: join(dataFolder, 'keys'), pool });
      await fixture.opener.openLog({ slug: 'north', chains: [opened.contract] });
      const { anchorer } = await fixture.anchoring({ chain: opened.chain });
      await fixture.post('north', '1.00', 5);
      const first = await anchorer.anchorNow('north');
      await fixture.post('north', '1.00', 5);
      const second = await anchorer.anchorNow('north');
      expect(second.size).toBeGreaterThan(first.size);
      expect(second.oldSize).toBe(first.size);
    } finally {
      await fixture.close();
    }
  });

  it('keeps the contract it got first', async () => {
    const { pool, close } = await openAnchoringFixture({});
    try {
      const settings = { rpcUrl: chain.rpcUrl, keysFolder: join(dataFolder, 'keys'), pool };
      const [first, again] = [await openAnchorChain(settings), await openAnchorChain(settings)];
      expect(again.contract.contract).toBe(first.contract.contract);
      const elsewhere = openAnchorChain({ ...settings, contract: { address: `0x${'1'.repeat(40)}` } });
      await expect(elsewhere).rejects.toMatchObject({ name: 'WrongChainFault' });
    } finally {
      await close();
    }
  });
});
