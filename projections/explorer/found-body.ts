import type { Anchor } from '../../services/integrity/application/anchor-store.ts';
import type { LeafRow } from '../../services/integrity/application/leaf-store.ts';
import { stateKeyOf } from '../../services/integrity/domain/committed-state.ts';
import type { TreeHead } from '../../services/integrity/domain/tree-head.ts';
import type { AnchorBody, EntrySummaryBody, FoundBody, HeadLinksBody } from './search.bodies.ts';
import type { Found } from './search-results.ts';

/** What the envelope of a leaf says. */
export type Envelope = Readonly<Record<'at' | 'id' | 'log' | 'meta' | 'pay' | 'prev' | 'rev' | 'stream' | 'type' | 'v', string>>;

export function envelopeOf({ entry }: LeafRow): Envelope {
  return JSON.parse(entry) as Envelope;
}

/** The fields of a body, for whoever puts together another one. */
export type FieldsOf<Body> = Pick<Body, keyof Body>;

/** What was found in a log, with links to the routes that show it. */
export function foundBodyOf(log: string, published: TreeHead, found: Found): FoundBody {
  const { kind, matched } = found;
  switch (kind) {
    case 'entry':
      return { kind, matched, ...entrySummaryOf(log, found.leaf) };
    case 'invoice': {
      const { net: _, charges: __, closed: ___, document: ____, ...summary } = found.invoice;
      const { index } = found.leaf;
      const proofBundle = `/v1/invoices/${summary.invoice}/proof-bundle`;
      return { kind, matched, ...summary, index: index.toString(), links: { ...entryLinksOf(log, index), proofBundle } };
    }
    case 'account': {
      const { ledgerAccount, currency, balance } = found.place;
      const accountHash = Buffer.from(stateKeyOf(ledgerAccount, currency), 'latin1').toString('hex');
      const links = {
        state: `/v1/logs/${log}/state/${encodeURIComponent(ledgerAccount)}/${currency}`,
        entries: searchPath(log, ledgerAccount),
      };
      return { kind, matched, ledgerAccount, currency, balance, accountHash, links };
    }
    case 'anchor':
      return { kind, matched, ...anchorBodyOf(found.anchor), links: headLinksOf(log, found.anchor, published) };
    case 'head': {
      const { size, root } = found.head;
      return { kind, matched, size: size.toString(), root: root.toString('hex'), links: headLinksOf(log, found.head, published) };
    }
  }
}

export function entrySummaryOf(log: string, leaf: LeafRow): FieldsOf<EntrySummaryBody> {
  const { index, hash, eventId, stream, revision } = leaf;
  const { type, at } = envelopeOf(leaf);
  return {
    index: index.toString(),
    leafHash: hash.toString('hex'),
    eventId,
    stream,
    revision: revision.toString(),
    type,
    at,
    links: { ...entryLinksOf(log, index), stream: searchPath(log, stream) },
  };
}

export function anchorBodyOf({ chainId, contract, logId, size, root, state, tx, place }: Anchor): FieldsOf<AnchorBody> {
  const { seq, block, blockHash } = place ?? {};
  return {
    ...{ chainId, contract, logId: `0x${logId}`, size: size.toString(), root: `0x${root.toString('hex')}`, state, tx },
    ...(seq !== undefined && { seq: seq.toString() }),
    ...(block !== undefined && { block: block.toString() }),
    ...(blockHash !== undefined && { blockHash }),
  };
}

function entryLinksOf(log: string, index: bigint) {
  const entry = `/v1/logs/${log}/entries/${index}`;
  return { entry, export: `${entry}/export` };
}

function headLinksOf(log: string, { size }: Pick<TreeHead, 'size'>, published: TreeHead): HeadLinksBody {
  return { consistency: `/v1/logs/${log}/proofs/consistency?from=${size}&to=${published.size}` };
}

function searchPath(log: string, text: string): string {
  return `/v1/logs/${log}/search?q=${encodeURIComponent(text)}`;
}
