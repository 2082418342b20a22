import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { personalCommitment } from '../../../services/integrity/domain/leaf.ts';
import { parsePersonalOpenings } from '../../../verifier/log/personal-data.ts';

interface Vector {
  readonly event: string;
  readonly subject: string;
  /** Hex. */
  readonly salt: string;
  /** Canonical text. */
  readonly data: string;
  readonly commitment: string;
}

const vectors = JSON.parse(readFileSync(new URL('../../vectors/personal-data.json', import.meta.url), 'utf8')) as readonly Vector[];

describe('[E11] commitments to personal data', () => {
  it.each(vectors)('are made alike by services and verifier: $commitment', ({ event, subject, salt, data, commitment }) => {
    expect(personalCommitment(salt, data)).toBe(commitment);
    const line = JSON.stringify({ event, subject, salt, data: Buffer.from(data).toString('base64') });
    expect(parsePersonalOpenings(line)).toEqual([{ event, subject, commitment }]);
  });

  it.each(vectors)('change with any bit of salt and data: $commitment', ({ salt, data, commitment }) => {
    expect(personalCommitment(`0${salt.slice(1)}`, data)).not.toBe(commitment);
    expect(personalCommitment(salt, data.replace('A', 'B'))).not.toBe(commitment);
    expect(personalCommitment(salt, `${data} `)).not.toBe(commitment);
  });
});
