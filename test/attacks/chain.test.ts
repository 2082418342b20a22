import { afterAll, beforeAll, describe } from '@jest/globals';
import { type HDNodeWallet, Transaction } from 'ethers';
import { LogBuilder, type LogFolder } from '../support/log-builder.ts';
import { startLyingNode } from '../support/lying-node.ts';
import { MemoryLogSource } from '../support/memory.log-source.ts';
import { verifyFiles } from '../support/verify-files.ts';
import { AnchoringChain, nowText } from '../support/anchoring-chain.ts';
import { dataWith, replaceEvent } from './built-logs.ts';
import { refusedBy, simulate, verdictOf } from './simulate.ts';

let chain: AnchoringChain;
let secondChain: AnchoringChain;
beforeAll(async () => {
  [chain, secondChain] = await Promise.all([AnchoringChain.start(), AnchoringChain.start(31_338)]);
});
afterAll(() => Promise.all([chain.stop(), secondChain.stop()]));

/** As an auditor does with a node of each chain. */
function verify(log: LogBuilder, files: LogFolder = log.files(), { isLive = false } = {}) {
  const rpcUrls = [chain, secondChain].filter(({ listed }) => isListed(log, listed.chainId)).map(({ anvil }) => anvil.url);
  return verifyFiles(log, files, { source: new MemoryLogSource(files, { isLive }), rpcUrls });
}

const isListed = (log: LogBuilder, chainId: string) => log.policy.chains.some((listed) => listed.chainId === chainId);

/** Did the contract take it? */
async function isTaken(send: () => Promise<unknown>): Promise<boolean> {
  return send().then(
    () => true,
    () => false,
  );
}

describe('attacks on a log that is anchored', () => {
  simulate(1, 'writes a leaf anew, with its tiles and its head', async () => {
    const log = await chain.log();
    const index = log.move('1.00');
    await chain.round(log);
    replaceEvent(log, index, { data: dataWith(log, index, '1.00', '0.10') });
    return verdictOf(await verify(log));
  });

  simulate(4, 'cuts the tail below an anchor', async () => {
    const log = await chain.log();
    await chain.round(log);
    return verdictOf(await verify(log, log.files(log.size - 1), { isLive: true }));
  });

  simulate(6, 'keeps a second tree beside the one that is anchored', async () => {
    const log = await chain.log();
    log.move('1.00');
    const shared = log.size;
    log.move('2.00');
    await chain.round(log);
    replaceEvent(log, shared, { data: dataWith(log, shared, '2.00', '0.20') });
    return verdictOf(await verify(log));
  });

  simulate(7, 'anchors one tree here and another there', async () => {
    const log = await chain.log({ chains: [chain.listed, secondChain.listed] });
    await secondChain.register(log);
    const index = log.move('1.00');
    await chain.anchor(log);
    replaceEvent(log, index, { data: dataWith(log, index, '1.00', '0.10') });
    await secondChain.anchor(log);
    await Promise.all([chain.anvil.mine(3), secondChain.anvil.mine(3)]);
    return verdictOf(await verify(log));
  });

  simulate(8, 'names a contract that genesis does not list', async () => {
    const log = await chain.log();
    await chain.round(log);
    log.anchors.push({ chainId: chain.listed.chainId, contract: `0x${'e'.repeat(40)}`, size: 1n });
    return verdictOf(await verify(log));
  });

  simulate(8, 'names anchors of another log', async () => {
    const log = await chain.log();
    await chain.round(log);
    log.anchors.push({ chainId: chain.listed.chainId, contract: chain.listed.contract, size: 1n, logId: `0x${'0'.repeat(64)}` });
    return verdictOf(await verify(log));
  });

  simulate(9, 'gives a new event a time before the last tick', async () => {
    const log = await chain.log();
    await chain.round(log);
    log.move('1.00', { at: nowText(-3_600) });
    await chain.round(log);
    return verdictOf(await verify(log));
  });

  simulate(10, 'gives an event a time behind the anchor that covers it', async () => {
    const log = await chain.log();
    log.move('1.00', { at: nowText(3_600) });
    await chain.round(log);
    return verdictOf(await verify(log));
  });

  simulate(23, 'anchors garbage with the stolen key', async () => {
    const log = await chain.log();
    await chain.anchor(log, 1, Buffer.alloc(32, 7));
    await chain.anvil.mine(3);
    return verdictOf(await verify(log));
  });

  simulate(25, 'puts other code in the place of the contract', async () => {
    const log = await chain.log();
    const other = await chain.log({ chains: [{ ...chain.listed, codeHash: `0x${'a'.repeat(64)}` }] });
    await chain.round(log);
    await chain.round(other);
    return verdictOf(await verify(other));
  });

  simulate(26, 'has its only anchor undone with its block', async () => {
    const log = await chain.log();
    log.move('1.00');
    await chain.anvil.mine(3);
    await chain.anchor(log);
    const files = log.files();
    await chain.anvil.undo(1);
    await chain.anvil.mine(3);
    return verdictOf(await verify(log, files));
  });

  simulate(28, 'has one of two nodes keep an anchor back', async () => {
    const log = await chain.log();
    await chain.round(log);
    log.move('1.00', { at: nowText() });
    await chain.round(log);
    const lying = await startLyingNode(chain.anvil.url, { eth_getLogs: (logs) => (logs as unknown[]).slice(0, -1) });
    try {
      return verdictOf(await verifyFiles(log, log.files(), { rpcUrls: [chain.anvil.url, lying.url] }));
    } finally {
      await lying.close();
    }
  });

  simulate(30, 'falls silent for longer than its heartbeat', async () => {
    const log = await chain.log({ heartbeatSeconds: 0, toleranceSeconds: 0 });
    await chain.anchor(log);
    await chain.anvil.mine(3);
    const now = Date.now;
    Date.now = () => now() + 3_600_000;
    try {
      return verdictOf(await verify(log, log.files(), { isLive: true }));
    } finally {
      Date.now = now;
    }
  });
});

describe('attacks on the contract', () => {
  simulate(6, 'asks for a second branch', async () => {
    const log = await chain.log();
    log.move('1.00');
    await chain.anchor(log);
    const wasTaken = await isTaken(() => chain.anchor(log, log.size + 1, Buffer.alloc(32, 1)));
    // What the contract refuses never becomes a second anchor; the auditor who is shown the second tree finds the first in the contract.
    if (wasTaken) return 'VALID';
    await chain.anvil.mine(3);
    replaceEvent(log, 1, { data: dataWith(log, 1, '1.00', '0.10') });
    return verdictOf(await verify(log));
  });

  simulate(31, 'goes on from a restored copy, behind what was anchored', async () => {
    const log = await chain.log();
    const copied = log.size;
    log.move('1.00');
    await chain.round(log);
    for (const list of [log.entries, log.events]) list.length = copied;
    for (let more = 0; more < 5; more++) log.move('2.00');
    if (await isTaken(() => chain.anchor(log))) return 'VALID';
    return verdictOf(await verify(log));
  });

  simulate(27, 'sends the signed transaction of one chain to another', async () => {
    const { signed } = await firstAnchor();
    return refusedBy(await isTaken(() => secondChain.anvil.rpc.call('eth_sendRawTransaction', signed)));
  });

  simulate(27, 'sends it to another contract, where it is signed by nobody', async () => {
    const { signed, publisher } = await firstAnchor();
    const moved = Transaction.from(signed);
    moved.to = `0x${'e'.repeat(40)}`;
    return refusedBy(moved.from === publisher.address);
  });

  simulate(27, 'sends it a second time', async () => {
    const { signed } = await firstAnchor();
    await chain.anvil.rpc.call('eth_sendRawTransaction', signed);
    await chain.anvil.mine(1);
    return refusedBy(await isTaken(() => chain.anvil.rpc.call('eth_sendRawTransaction', signed)));
  });

  simulate(27, 'uses the proof of one log for another', async () => {
    const [log, other] = [await chain.log(), await chain.log()];
    log.move('1.00');
    await chain.anchor(log);
    return refusedBy(await isTaken(() => chain.send('anchor', `0x${other.logId}`, BigInt(log.size), BigInt(log.size + 1), log.root(), [])));
  });
});

/** What the publisher of a new log signs to anchor its genesis, and sends to nobody. */
async function firstAnchor(): Promise<{ publisher: HDNodeWallet; signed: string }> {
  const log = new LogBuilder({ chains: [chain.listed, secondChain.listed] });
  const publisher = await chain.fundedWallet();
  await secondChain.anvil.rpc.call('anvil_setBalance', publisher.address, '0x56bc75e2d63100000');
  for (const registry of [chain, secondChain]) await registry.register(log, publisher.address);
  const signed = await publisher.signTransaction({
    ...{ type: 2, to: chain.listed.contract, chainId: BigInt(chain.listed.chainId), nonce: 0 },
    ...{ gasLimit: 1_000_000n, maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 0n },
    data: chain.contract.interface.encodeFunctionData('anchor', [`0x${log.logId}`, 0n, 1n, log.root(1), []]),
  });
  return { publisher, signed };
}
