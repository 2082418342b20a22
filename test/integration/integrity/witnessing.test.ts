import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PostgresLogRegistry } from '../../../services/integrity/adapters/postgres/postgres.log-registry.ts';
import { DiscoveredLogs } from '../../../services/integrity/application/discovered-logs.ts';
import { LogFiles } from '../../../services/integrity/application/log-files.ts';
import type { Sequencer } from '../../../services/integrity/application/sequencer.ts';
import type { WitnessSettings } from '../../../services/integrity/application/witness-follower.ts';
import type { Witnessing } from '../../../services/integrity/application/witnessing.ts';
import { parseCosignerKey, type CosignerKey } from '../../../services/integrity/domain/cosignature.ts';
import { noteSigner } from '../../../services/integrity/domain/note.ts';
import { treeHeadText } from '../../../services/integrity/domain/tree-head.ts';
import { SmallTree } from '../../../services/integrity/domain/tree/small-tree.ts';
import { openWitnessing } from '../../../services/integrity/open-witnessing.ts';
import { cosignatureOf } from '../../../verifier/note/cosignature.ts';
import { parseHead, type SignedHead } from '../../../verifier/note/tree-head.ts';
import { type NoteKey, parseVkey } from '../../../verifier/note/vkey.ts';
import { cosign, newWitnessKey, readWitnessKey, type WitnessKey } from '../../../verifier/note/witness-key.ts';
import { Witness, type WitnessMemory } from '../../../verifier/witness/witness.ts';
import { appendCharges, type Fixture, openFixture, until, untilSigned } from './log-fixture.ts';

type Hearing = (body: Buffer, response: ServerResponse, witness: Witness, key: WitnessKey) => void;

/** The real witness behind an HTTP interface that does what a test tells it. */
class TestedWitness {
  readonly key: WitnessKey;
  readonly heads = new Map<string, SignedHead>();
  readonly witness: Witness;
  /** Sizes of heads that it was shown. */
  readonly shown: bigint[] = [];
  hearing: Hearing = honest;
  readonly #server: Server;

  constructor(name: string, logVkey: string) {
    this.key = readWitnessKey(newWitnessKey(name));
    const memory: WitnessMemory = {
      get: (origin) => this.heads.get(origin),
      set: (head) => {
        this.heads.set(head.origin, head);
      },
    };
    this.witness = new Witness({ key: this.key, logKeys: [parseVkey(logVkey) as NoteKey], memory });
    this.#server = createServer((request, response) => void this.#hear(request, response));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get address() {
    const { port } = this.#server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}`, key: parseCosignerKey(this.key.vkey) as CosignerKey };
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #hear(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    this.shown.push(parseHead(body.subarray(body.indexOf('\n\n') + 2))?.size ?? 0n);
    this.hearing(body, response, this.witness, this.key);
  }
}

const honest = (body: Buffer, response: ServerResponse, witness: Witness) => {
  const { status, contentType, body: text } = witness.addCheckpoint(body);
  response.writeHead(status, { 'content-type': contentType }).end(text);
};
const always =
  (status: number, text: string): Hearing =>
  (_, response) =>
    response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end(text);

let sizesTold = 0;

const quick: WitnessSettings = { intervalMsMin: 1, refreshMs: 600_000, answerMsMax: 500, backoffMsMin: 10, backoffMsMax: 50 };

let fixture: Fixture;
let tested: TestedWitness[];
let witnessing: Witnessing;
let files: LogFiles;
let sequencer: Sequencer | undefined;

async function openOperator(settings = quick): Promise<void> {
  const { pool, leaves, heads, store } = fixture;
  const opened = openWitnessing({ pool, leaves, heads, addresses: tested.map(({ address }) => address), settings });
  witnessing = opened.witnessing;
  const logs = new DiscoveredLogs(store, new PostgresLogRegistry(pool));
  files = new LogFiles({ store, logs, leaves, heads, cosigned: opened.cosigned, anchors: { anchors: () => Promise.resolve([]) } });
  sequencer = fixture.sequencer({ memories: [witnessing], batchSizeMax: 1 });
  sequencer.start();
}

async function closeOperator(): Promise<void> {
  await sequencer?.stop();
  await witnessing.stop();
}

/** Waits for a shown head that covers the store as it is and that all of these cosigned. */
async function untilCosigned(by: readonly TestedWitness[] = tested): Promise<SignedHead> {
  const { size } = await untilSigned(fixture);
  return until(async () => {
    const file = await files.read('north', 'checkpoint', { payloads: false });
    const head = file && parseHead(file.bytes);
    return head?.size === size && by.every(({ key }) => cosignatureOf(head.note, key)) ? head : undefined;
  });
}

const stateOf = async ({ key }: TestedWitness) => (await witnessing.statuses('north')).find(({ vkey }) => vkey === key.vkey)?.state;
const haltOf = () => until(() => (sequencer?.status.state === 'halted' ? sequencer.status.reason : undefined));

beforeEach(async () => {
  fixture = await openFixture();
  tested = ['alpha', 'beta', 'gamma'].map((name) => new TestedWitness(`${name}.example/w`, fixture.log.vkey));
  for (const witness of tested) await witness.listen();
});
afterEach(async () => {
  await closeOperator();
  for (const witness of tested) witness.close();
  await fixture.close();
});

describe('[E3] an operator with witnesses', () => {
  it('shows each of them the same heads, and serves all cosignatures under the checkpoint', async () => {
    await openOperator();
    for (let round = 0; round < 5; round++) {
      await appendCharges(fixture, `north.account-${round}`, 3);
      await untilCosigned();
    }
    expect((await witnessing.statuses('north')).map(({ state, cosigned }) => [state, cosigned?.size])).toEqual(
      tested.map(() => ['following', 16n]),
    );
    for (const { shown } of tested) expect(shown.at(-1)).toBe(16n);
  });

  it('shows a head that stays the newest again, so that the word of its witnesses stays fresh', async () => {
    await openOperator({ ...quick, refreshMs: 100 });
    await untilCosigned();
    await until(() => (tested.every(({ shown }) => shown.filter((size) => size === 1n).length > 3) ? true : undefined));
    expect((await witnessing.statuses('north')).map(({ state }) => state)).toEqual(tested.map(() => 'following'));
    await appendCharges(fixture, 'north.account-1', 1);
    await untilCosigned();
  });

  it('goes on where it was after a restart, without a conflict', async () => {
    await openOperator();
    await appendCharges(fixture, 'north.account-1', 3);
    await untilCosigned();
    await closeOperator();
    const conflicts: number[] = [];
    for (const witness of tested)
      witness.hearing = (body, response, of) => {
        const answer = of.addCheckpoint(body);
        if (answer.status !== 200) conflicts.push(answer.status);
        response.writeHead(answer.status).end(answer.body);
      };
    await openOperator();
    await appendCharges(fixture, 'north.account-1', 3);
    await untilCosigned();
    expect(conflicts).toEqual([]);
  });

  it.each<[string, Hearing, string]>([
    ['answers what is no cosignature', always(200, '— somebody AAAAAAAA\n'), 'refused'],
    ['cosigns another head', (_, response, __, key) => response.end(cosign(key, 'north\n1\nAAAA\n', new Date())), 'refused'],
    ['knows what is no size', always(409, 'many\n'), 'refused'],
    ['knows another size each time', (_, response) => response.writeHead(409).end(`${(sizesTold++ % 3) + 1}`), 'away'],
    ['does not know the log', always(404, ''), 'refused'],
    ['does not know the key', always(403, ''), 'refused'],
    ['fails', always(500, 'no disk'), 'away'],
    ['sends somewhere else', always(302, ''), 'away'],
    ['hangs', () => undefined, 'away'],
    ['hangs up', (_, response) => response.destroy(), 'away'],
    ['talks without an end', (_, response) => void setInterval(() => response.write('x'.repeat(65_536)), 1).unref(), 'away'],
  ])('is not stopped by one that %s', async (_, hearing, state) => {
    const [bad, ...good] = tested as [TestedWitness, TestedWitness, TestedWitness];
    bad.hearing = hearing;
    await appendCharges(fixture, 'north.account-1', 5);
    await openOperator();
    await untilCosigned(good);
    await appendCharges(fixture, 'north.account-1', 1);
    await untilCosigned(good);
    expect(await until(async () => ((await stateOf(bad)) === state ? state : undefined))).toBe(state);
    bad.hearing = honest;
    await untilCosigned();
    expect(await stateOf(bad)).toBe('following');
  });

  it('finds its way when the witness kept a head and its answer was lost', async () => {
    const [lossy] = tested as [TestedWitness];
    let lost = 0;
    lossy.hearing = (body, response, witness) => {
      if (lost++ > 0) return honest(body, response, witness);
      witness.addCheckpoint(body);
      response.destroy();
    };
    await openOperator();
    await appendCharges(fixture, 'north.account-1', 3);
    await untilCosigned();
    expect(lost).toBeGreaterThan(1);
  });

  it('whose database was set back, but not its event store, signs nothing before it is where it was', async () => {
    await openOperator();
    await appendCharges(fixture, 'north.account-1', 2);
    const early = await untilSigned(fixture);
    await untilCosigned();
    await appendCharges(fixture, 'north.account-1', 6);
    const { size } = await untilCosigned();
    await closeOperator();
    await fixture.owner.query(
      'truncate tallyroot.integrity_tree, tallyroot.integrity_leaf, tallyroot.integrity_tile, tallyroot.integrity_cosignature, tallyroot.integrity_witnessed_head',
    );
    await fixture.owner.query(
      'update tallyroot.integrity_head set size = $1, root = $2, published_size = $1, published_root = $2, note = $3',
      [early.size.toString(), early.root, early.note],
    );
    const before = tested.map(({ shown }) => shown.length);
    await openOperator();
    await untilCosigned();
    expect(sequencer?.status.state).toBe('live');
    // After the head that was found, nothing smaller than what they knew.
    tested.forEach(({ shown }, at) => {
      const later = shown.slice(before[at]).filter((seen) => seen !== early.size);
      expect(later.length).toBeGreaterThan(0);
      for (const seen of later) expect(seen).toBeGreaterThanOrEqual(size);
    });
  });

  it('[ATT-24] halts while it runs when somebody else signs with its key', async () => {
    await openOperator();
    await appendCharges(fixture, 'north.account-1', 3);
    const { size } = await untilCosigned();
    const signer = noteSigner(fixture.log.origin, await fixture.keyring.open('north', 'log'));
    const garbage = new SmallTree(Array.from({ length: 50 }, (_, leaf) => Buffer.alloc(32, leaf)));
    const [victim] = tested as [TestedWitness];
    victim.heads.set(
      fixture.log.origin,
      parseHead(Buffer.from(signer.sign(treeHeadText(fixture.log.origin, { size: 50n, root: garbage.root() })))) as SignedHead,
    );
    await appendCharges(fixture, 'north.account-1', 1);
    expect(await haltOf()).toContain('knows a signed head of 50 leaves');
    const published = await fixture.heads.published('north');
    await appendCharges(fixture, 'north.account-1', 1);
    expect((await fixture.heads.published('north'))?.size).toBe(published?.size);
    expect(published?.size).toBeLessThanOrEqual(size + 1n);
    expect(await stateOf(victim)).toBe('ahead');
  });

  it('[ATT-06] halts while it runs at one that cosigned another tree', async () => {
    await openOperator();
    await appendCharges(fixture, 'north.account-1', 3);
    const { size } = await untilCosigned();
    const [victim] = tested as [TestedWitness];
    const signer = noteSigner(fixture.log.origin, await fixture.keyring.open('north', 'log'));
    const root = Buffer.alloc(32, 7);
    victim.heads.set(
      fixture.log.origin,
      parseHead(Buffer.from(signer.sign(treeHeadText(fixture.log.origin, { size, root })))) as SignedHead,
    );
    await appendCharges(fixture, 'north.account-1', 1);
    expect(await haltOf()).toContain('cosigned a tree that this one does not extend');
    expect(await stateOf(victim)).toBe('contradicts');
    await closeOperator();
    await openOperator();
    expect(await haltOf()).toContain('cosigned a tree that this one does not extend');
  });
});
