import { describe, expect, it } from '@jest/globals';
import type { JSONRecordedEvent } from '@eventstore/db-client';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { isLedgerRecord, proposedToClient, storedOf } from '../../../../services/event-store/adapters/eventstoredb/event-codec.ts';
import { type CanonicalJson, canonicalJson, isCanonicalJson, type Json } from '../../../../services/event-store/domain/canonical-json.ts';

const common = {
  id: 'F0000000-0000-4000-8000-00000000000A',
  streamId: 'acme.account-1',
  revision: 7n,
  position: { commit: 90n, prepare: 90n },
  type: 'AccountCharged/1',
  created: new Date('2026-01-02T03:04:05.678Z'),
  isJson: true,
};

/** What the client does to data and metadata on their way to the server and back. */
function throughTheClient(data: CanonicalJson, metadata?: CanonicalJson) {
  const sent = proposedToClient({ id: randomUUID(), type: 'AccountCharged/1', data, ...(metadata !== undefined && { metadata }) });
  const bytes = sent.metadata as Uint8Array | undefined;
  const recorded = {
    ...common,
    data: JSON.parse(JSON.stringify(sent.data)) as unknown,
    metadata: bytes && (JSON.parse(Buffer.from(bytes).toString()) as unknown),
  };
  return storedOf(recorded as unknown as JSONRecordedEvent);
}

const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string({ unit: 'binary' }), fc.integer({ min: 0 }).map(String), fc.constant('__proto__')), tie('value'), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  ),
})).value;

describe('the codec of the EventStoreDB adapter', () => {
  it('gives every canonical text back byte for byte, as data and as metadata', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalJson(value);
        expect(throughTheClient(text, text)).toMatchObject({ data: text, metadata: text });
      }),
    );
  });

  it.each(['""', 'false', '{}', '[]'])('keeps the metadata %s apart from none', (text) => {
    expect(throughTheClient('{}' as CanonicalJson, text as CanonicalJson).metadata).toBe(text);
    expect(throughTheClient('{}' as CanonicalJson).metadata).toBeUndefined();
  });

  it('hands metadata over as the very class that the client sends as bytes', () => {
    const { metadata } = proposedToClient({ id: randomUUID(), type: 'A/1', data: '{}' as CanonicalJson, metadata: '{}' as CanonicalJson });
    expect(metadata?.constructor).toBe(Uint8Array);
  });

  it('reads ids in lower case and one position', () => {
    expect(throughTheClient('{}' as CanonicalJson)).toMatchObject({
      id: 'f0000000-0000-4000-8000-00000000000a',
      stream: 'acme.account-1',
      revision: 7n,
      position: 90n,
      createdAt: common.created,
    });
  });

  it.each([
    ['numbers and null', { b: 1, a: null }, '{"b":1,"a":null}'],
    ['a lone surrogate', '\ud800', '"\\ud800"'],
    ['bytes', new Uint8Array(Buffer.from('plain text')), 'plain text'],
    ['no bytes', new Uint8Array(), ''],
  ])('delivers %s that something wrote behind the port as text that no decoder takes', (_, data, text) => {
    const stored = storedOf({ ...common, data, metadata: data } as unknown as JSONRecordedEvent);
    expect([stored.data, stored.metadata]).toEqual([text, text]);
    expect(isCanonicalJson(text)).toBe(false);
  });

  it('delivers JSON that is nested deeper than the stack', () => {
    const deep = JSON.parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`) as unknown;
    expect(isCanonicalJson(storedOf({ ...common, data: deep } as unknown as JSONRecordedEvent).data)).toBe(false);
  });

  it('takes nothing of the server’s own for an event of the ledger', () => {
    expect(isLedgerRecord({ streamId: 'acme.account-1', type: 'AccountCharged/1' })).toBe(true);
    expect(isLedgerRecord({ streamId: '$stats-127.0.0.1:2113', type: 'Anything/1' })).toBe(false);
    expect(isLedgerRecord({ streamId: 'acme.account-1', type: '$streamDeleted' })).toBe(false);
  });

  it('refuses a server that tells no positions', () => {
    expect(() => storedOf({ ...common, position: undefined, data: {} } as unknown as JSONRecordedEvent)).toThrow('22.6 or later');
  });
});
