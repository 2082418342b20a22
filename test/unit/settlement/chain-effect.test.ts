import { describe, expect, it } from '@jest/globals';
import { observationKey, settlementId } from '../../../services/settlement/domain/chain-effect.ts';
import { isStreamName, streamName } from '../../../services/event-store/domain/stream-name.ts';

const contract = `0x${'c'.repeat(40)}`;
const token = `0x${'d'.repeat(40)}`;

describe('the keys of a chain effect', () => {
  it.each([
    ['slot', '18446744073709551615'],
    ['capture', `7.${token}`],
    ['redeem', `${token}.7`],
    ['log', `0x${'e'.repeat(64)}.12`],
    ['log', `${token}.100-200`],
  ] as const)('name a stream for %s %s', (effect, key) => {
    const id = settlementId({ chainId: '31337', contract, effect, key });
    expect(isStreamName(streamName({ slug: 'acme', kind: 'settlement', id }))).toBe(true);
  });

  it('tell the same log in another block apart', () => {
    const place = { chainId: '1', contract, module: 'settlement', providerId: '7', tx: '0x1', logIndex: '3' } as const;
    const block = (hash: string) => ({ number: '10', hash, time: '2026-01-01T00:00:00.000Z' });
    expect(observationKey({ ...place, block: block('0xa') })).not.toBe(observationKey({ ...place, block: block('0xb') }));
  });
});
