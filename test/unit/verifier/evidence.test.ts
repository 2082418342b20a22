import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkEvidence } from '../../../verifier/evidence/check-evidence.ts';
import { collectEvidence } from '../../../verifier/evidence/collect-evidence.ts';
import { type Evidence, type OpenLeaf, parseEvidence } from '../../../verifier/evidence/evidence.ts';
import type { VerifyOptions } from '../../../verifier/verify.ts';
import { LogBuilder, type LogFolder, writeFiles } from '../../support/log-builder.ts';
import { answerOf, linesOf, promised, receiptsOf } from '../../support/signed-promises.ts';
import { verifyFiles } from '../../support/verify-files.ts';

const contract = `0x${'c'.repeat(40)}`;
const chains = [{ chainId: '1', contract, fromBlock: '0', codeHash: `0x${'d'.repeat(64)}` }];

function logOf(size: number, options: ConstructorParameters<typeof LogBuilder>[0] = {}): LogBuilder {
  const log = new LogBuilder(options);
  while (log.size < size) log.move('1.00', { account: `acc_${log.size % 5}` });
  return log;
}

interface Shown extends Pick<VerifyOptions, 'answers' | 'receipts'> {
  readonly files?: LogFolder;
  readonly head?: Buffer;
}

/** The evidence of an INVALID log, written down and read again. */
async function evidenceOf(log: LogBuilder, { files = log.files(), head, ...claims }: Shown = {}): Promise<Evidence> {
  const outcome = await verifyFiles(log, files, { ...claims, ...(head !== undefined && { heads: [{ note: head, from: 'a customer' }] }) });
  if ('reason' in outcome || outcome.verdict !== 'INVALID') throw new Error(`The log is ${outcome.verdict}.`);
  return parseEvidence(JSON.stringify(await collectEvidence(outcome)))!;
}

function verdictsOf(evidence: Evidence, { genesisHash }: LogBuilder): string[] | string {
  const checked = checkEvidence(evidence, genesisHash);
  return typeof checked === 'string' ? checked : checked.items.map(({ item, verdict }) => `${item.check} ${item.kind} ${verdict}`);
}

/** A head that the log signed over another tree: whoever holds it was shown another history. */
const otherHead = (log: LogBuilder, size: number) => log.checkpoint(size, Buffer.alloc(32, 7));

describe('[ATT-06] evidence of a split view', () => {
  it.each([100, 256, 299, 300])('holds both heads and the proof between them, for a head of %d leaves', async (size) => {
    const log = logOf(300);
    expect(verdictsOf(await evidenceOf(log, { head: otherHead(log, size) }), log)).toEqual(['V3 root proven']);
  });

  it('is checked with a key that the log brought later', async () => {
    const log = logOf(100);
    log.rotateKey();
    log.changePolicy({ heartbeatSeconds: '60' });
    while (log.size < 300) log.move('1.00');
    const evidence = await evidenceOf(log, { head: otherHead(log, 299) });
    expect([evidence.policies.length, verdictsOf(evidence, log)]).toEqual([2, ['V3 root proven']]);
    expect(verdictsOf({ ...evidence, policies: [] }, log)).toContain('no key of the log signed the head');
  });

  it('proves nothing once anything in it is changed', async () => {
    const log = logOf(300);
    const evidence = await evidenceOf(log, { head: otherHead(log, 299) });
    const [item] = evidence.items;
    if (item?.kind !== 'root') throw new Error('The item is another one.');
    const { genesis, head } = evidence;
    const { size, stated, tree } = item;
    const withItem = (change: object) => ({ ...evidence, items: [{ ...item, ...change }] }) as Evidence;
    const changes: [string, (text: string) => Evidence][] = [
      ...Object.entries(genesis).map(([name, text]): (typeof changes)[number] => [
        text,
        (value) => ({ ...evidence, genesis: { ...genesis, [name]: value } }),
      ]),
      [head, (value) => ({ ...evidence, head: value })],
      [size, (value) => withItem({ size: value })],
      [stated.root, (root) => withItem({ stated: { ...stated, root } })],
      [stated.head!, (other) => withItem({ stated: { ...stated, head: other } })],
      [tree.root, (root) => withItem({ tree: { ...tree, root } })],
      ...tree.consistency.map((hash, at): (typeof changes)[number] => [
        hash,
        (value) => withItem({ tree: { ...tree, consistency: tree.consistency.with(at, value) } }),
      ]),
    ];
    expect(changes.length).toBeGreaterThan(12);
    for (const [text, changed] of changes) {
      expect(verdictsOf(changed(text), log)).toEqual(['V3 root proven']);
      for (let at = 0; at < text.length; at += 3) {
        const value = `${text.slice(0, at)}${text[at] === 'a' ? 'b' : 'a'}${text.slice(at + 1)}`;
        expect([value, verdictsOf(changed(value), log)]).not.toEqual([value, ['V3 root proven']]);
      }
      expect(verdictsOf(changed(text.slice(1)), log)).not.toEqual(['V3 root proven']);
    }
    expect(verdictsOf(withItem({ tree: { ...tree, consistency: tree.consistency.slice(1) } }), log)).toEqual(['V3 root refuted']);
  });

  it('accuses no other log, and not by a head that somebody else signed', async () => {
    const [log, other] = [logOf(300), logOf(300)];
    const evidence = await evidenceOf(log, { head: otherHead(log, 299) });
    expect(checkEvidence(evidence, other.genesisHash)).toContain('another log');
    const [item] = evidence.items;
    if (item?.kind !== 'root') throw new Error('The item is another one.');
    const forged = otherHead(other, 299).toString().replaceAll(other.origin, log.origin);
    const framed = { ...item, stated: { ...item.stated, head: Buffer.from(forged).toString('base64') } };
    expect(verdictsOf({ ...evidence, items: [framed] }, log)).toEqual(['V3 root refuted']);
    const honest = { ...item, stated: { root: log.root(299).toString('hex'), head: log.checkpoint(299).toString('base64') } };
    expect(verdictsOf({ ...evidence, items: [honest] }, log)).toEqual(['V3 root refuted']);
  });
});

describe('[ATT-11] evidence of a broken promise', () => {
  const brokenPromise = { leaf: 'b'.repeat(64) };

  it('is the receipt, with the other leaf that stands in its place', async () => {
    const log = logOf(300);
    const receipts = receiptsOf(log, [promised(log, 7), { ...promised(log, 290), ...brokenPromise }]);
    const evidence = await evidenceOf(log, { receipts: linesOf(receipts) });
    expect(verdictsOf(evidence, log)).toEqual(['V10 receipt proven']);
    const [item] = evidence.items;
    if (item?.kind !== 'receipt') throw new Error('The item is another one.');
    const [kept] = receipts;
    const withItem = (change: object) => ({ ...evidence, items: [{ ...item, ...change }] }) as Evidence;
    const other = await evidenceOf(log, { receipts: linesOf(receiptsOf(log, [{ ...promised(log, 8), ...brokenPromise }])) });
    const forged = receiptsOf(log, [{ ...promised(log, 290), ...brokenPromise }], new LogBuilder().receipts)[0];
    for (const change of [
      { receipt: kept },
      { receipt: forged },
      { receipt: { ...item.receipt, path: [] } },
      { receipt: null },
      { leaf: (other.items[0] as { leaf: object }).leaf },
      { leaf: { ...item.leaf, path: item.leaf!.path.slice(1) } },
      { leaf: { ...item.leaf, index: '289' } },
    ])
      expect([change, verdictsOf(withItem(change), log)]).toEqual([change, ['V10 receipt refuted']]);
    // Without the leaf the promise alone says nothing yet.
    expect(verdictsOf(withItem({ leaf: undefined }), log)).toEqual(['V10 receipt shown']);
  });

  it('is an answer about an invoice, with the leaf that says something else', async () => {
    const log = logOf(20);
    const issued = { invoice: 'inv_1', account: 'acc_1', currency: 'EUR', number: 'A-1', total: '9.00' };
    log.append({ stream: 'north.invoice-inv_1', type: 'InvoiceIssued/1', fin: issued });
    const says = (change: object) => answerOf(log, log.size, { ...issued, paid: '0.00', ...change });
    const evidence = await evidenceOf(log, { answers: linesOf([says({ total: '19.00' })]) });
    expect(verdictsOf(evidence, log)).toEqual(['V9 answer proven']);
    const noteOf = ({ current }: ReturnType<typeof says>) => Buffer.from(current.note).toString('base64');
    const withNote = (note: string) => ({ ...evidence, items: [{ ...evidence.items[0], note }] }) as Evidence;
    expect(verdictsOf(withNote(noteOf(says({}))), log)).toEqual(['V9 answer refuted']);
    const early = answerOf(log, 5, { ...issued, paid: '0.00', total: '19.00' });
    expect(verdictsOf(withNote(noteOf(early)), log)).toEqual(['V9 answer refuted']);
    const stranger = answerOf(log, log.size, { ...issued, paid: '0.00', total: '19.00' }, new LogBuilder().receipts);
    expect(verdictsOf(withNote(noteOf(stranger)), log)).toEqual(['V9 answer refuted']);
    const paid = await evidenceOf(log, { answers: linesOf([says({ paid: '1.00' })]) });
    expect(verdictsOf(paid, log)).toEqual(['V9 answer shown']);
  });
});

describe('evidence of other kinds', () => {
  it('[ATT-07] names the anchor that states another root, if a policy lists its contract', async () => {
    const log = logOf(20, { chains });
    log.anchors.push({ chainId: '1', contract, size: 10n, root: `0x${'a'.repeat(64)}` });
    const evidence = await evidenceOf(log);
    expect(verdictsOf(evidence, log)).toEqual(['V3 root if anchored']);
    const elsewhere = JSON.parse(JSON.stringify(evidence).replaceAll(contract, `0x${'e'.repeat(40)}`)) as Evidence;
    expect(verdictsOf(elsewhere, log)).toEqual(['V3 root refuted']);
  });

  it('shows an event that is not the one that its leaf commits to', async () => {
    const log = logOf(20);
    const files = log.files();
    const lines = files.get('payloads/000.jsonl')!.toString().split('\n');
    const line = JSON.parse(lines[7]!) as { data: string };
    lines[7] = JSON.stringify({
      ...line,
      data: Buffer.from(Buffer.from(line.data, 'base64').toString().replaceAll('1.00', '9.00')).toString('base64'),
    });
    files.set('payloads/000.jsonl', Buffer.from(lines.join('\n')));
    expect(verdictsOf(await evidenceOf(log, { files }), log)).toEqual(['V7 payload shown']);
  });

  it('shows an entry that is not the one in the tree', async () => {
    const log = logOf(20);
    const files = log.files();
    const bundle = Buffer.from(files.get('tile/entries/000.p/20')!);
    bundle[bundle.indexOf('"rev":"2"') + 7] = '8'.charCodeAt(0);
    const verdicts = verdictsOf(await evidenceOf(log, { files: files.set('tile/entries/000.p/20', bundle) }), log);
    expect(verdicts).toContain('V4 entry shown');
  });

  it('proves a revision that stands twice, and shows a leaf that names another one before it', async () => {
    const log = logOf(20);
    log.appendStored({ ...log.events[6]!, id: '00000000-0000-4000-8000-000000000001' });
    expect(verdictsOf(await evidenceOf(log), log)).toEqual(['V5 stream proven']);
    const other = logOf(20);
    const { revision, ...event } = other.events[19]!;
    other.appendStored({ ...event, revision: revision + 1n, id: '00000000-0000-4000-8000-000000000001' });
    expect(verdictsOf(await evidenceOf(other), other)).toEqual(['V5 stream shown']);
  });

  it('proves a leaf that is no entry', async () => {
    const log = logOf(20);
    log.entries.push(log.entries[19]!.replace('ledger-leaf/1', 'ledger-leaf/2'));
    log.events.push(log.events[19]!);
    expect(verdictsOf(await evidenceOf(log), log)).toContain('V4 form proven');
  });

  it('shows an event whose debits and credits differ', async () => {
    const log = logOf(20);
    const line = (direction: string, amount: string) => ({ account: 'asset:x', amount, currency: 'EUR', direction });
    log.append({ stream: 'north.account-x', type: 'ChargePosted/1', fin: { postings: [line('debit', '1.00'), line('credit', '2.00')] } });
    const evidence = await evidenceOf(log);
    expect(verdictsOf(evidence, log)).toEqual(['V8 unbalanced shown']);
    const balanced = JSON.stringify(evidence).replace('"index":"20"', '"index":"19"');
    expect(verdictsOf(JSON.parse(balanced) as Evidence, log)).toEqual(['V8 unbalanced refuted']);
  });

  it('proves a policy that the log cannot go on under, and shows one that nobody signed for', async () => {
    const log = logOf(20);
    log.changePolicy({ heartbeatSeconds: '60' });
    log.changePolicy({ streamPrefix: 'south.' });
    const evidence = await evidenceOf(log);
    expect(verdictsOf(evidence, log)).toContain('V2 policy proven');
    const [item] = evidence.items;
    const honest = { ...evidence, items: [{ ...item, leaf: evidence.policies[0] }] } as Evidence;
    expect(verdictsOf(honest, log)).toEqual(['V2 policy refuted']);
    const forged = logOf(20);
    forged.changePolicy({ heartbeatSeconds: '1' }, { isForged: true });
    const shown = await evidenceOf(forged);
    expect(verdictsOf(shown, forged)).toEqual(['V2 policy shown']);
    const asPolicy = { ...shown, policies: (shown.items as readonly { leaf?: OpenLeaf }[]).flatMap(({ leaf }) => leaf ?? []) };
    expect(verdictsOf(asPolicy, forged)).toBe('the recovery key did not sign for leaf 20');
  });

  it('of no special kind says what was seen', async () => {
    const log = logOf(20);
    const files = log.files().set('log.vkey', Buffer.from(`${new LogBuilder().policy.vkey}\n`));
    const evidence = await evidenceOf(log, { files });
    expect(evidence.items).toMatchObject([{ check: 'V2', kind: 'statement' }]);
    expect(verdictsOf(evidence, log)).toEqual(['V2 statement shown']);
  });

  it('that is nonsense is refuted, whatever its form', async () => {
    const log = logOf(20);
    const evidence = await evidenceOf(log, { head: otherHead(log, 19) });
    const items = [
      {},
      { kind: 'root' },
      { kind: 'root', size: '-1', stated: {}, tree: { root: 'x', consistency: 'y' } },
      { kind: 'form', leaf: null },
      { kind: 'stream', leaf: { index: '9'.repeat(40), entry: '', path: [] } },
    ];
    const nonsense = { ...evidence, items } as unknown as Evidence;
    expect((verdictsOf(nonsense, log) as string[]).every((verdict) => verdict.endsWith('refuted'))).toBe(true);
    for (const text of ['', '[]', '{}', '{"v":"tallyroot-evidence/1"}']) expect(parseEvidence(text)).toBeUndefined();
  });
});

describe('the command evidence', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tallyroot-evidence-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (script: string, ...args: string[]) =>
    new Promise<{ exitCode: number; stdout: string }>((resolve) =>
      execFile(process.execPath, [join(import.meta.dirname, '..', '..', '..', 'verifier', script), ...args], (error, stdout) =>
        resolve({ exitCode: error === null ? 0 : Number(error.code), stdout }),
      ),
    );

  it('checks offline what verify wrote', async () => {
    const log = logOf(300);
    const [logFolder, head, file] = ['log', 'head', 'evidence.json'].map((name) => join(folder, name)) as [string, string, string];
    writeFiles(logFolder, log.files());
    writeFileSync(head, otherHead(log, 200));
    const args = ['--log', logFolder, '--genesis', log.genesisHash, '--offline', '--head', head, '--evidence', file];
    expect((await run('cli.ts', ...args)).exitCode).toBe(1);
    const checked = await run('evidence-cli.ts', 'check', file, '--genesis', log.genesisHash);
    expect(checked).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('two heads of different trees') });
    expect(await run('evidence-cli.ts', 'check', file, '--genesis', 'a'.repeat(64))).toMatchObject({ exitCode: 1 });
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(/"consistency": \[\s*"./, (match) => `${match.slice(0, -1)}${match.endsWith('a') ? 'b' : 'a'}`),
    );
    expect(await run('evidence-cli.ts', 'check', file, '--genesis', log.genesisHash)).toMatchObject({ exitCode: 1 });
    expect(await run('evidence-cli.ts', 'check', head, '--genesis', log.genesisHash)).toMatchObject({ exitCode: 2 });
  });
});
