import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'reference', 'contracts.md'), 'utf8');
const [, licences = ''] = /^## Licences\n([^]*?)^## /m.exec(page) ?? [];
const rows = [...licences.matchAll(/^\| `(.*?)` \| (.*?) \| (.*?) \|/gm)].map(([, name = '', version, licence]) => ({
  name,
  version,
  licence,
}));

interface Locked {
  readonly version: string;
  readonly license: string;
}

describe('the licences of what the contracts are made of', () => {
  it('are those of the versions that are installed', () => {
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, Locked> };
    const locked = rows.map(({ name }) => packages[`node_modules/${name}`]);
    expect(locked.map((found) => ({ version: found?.version, licence: found?.license }))).toEqual(
      rows.map(({ version, licence }) => ({ version, licence })),
    );
  });

  it('are told of every package that a contract imports', () => {
    const contracts = join(root, 'contracts');
    const files = readdirSync(contracts, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.sol'));
    const imported = files.flatMap((file) => [
      ...readFileSync(join(contracts, file), 'utf8').matchAll(/from ["']((?:@[^/"']+\/)?[^./@"'][^/"']*)\//g),
    ]);
    const names = new Set(imported.map(([, name]) => name));
    expect(names.size).toBeGreaterThan(0);
    expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining([...names]));
  });

  it('are free ones, for what is deployed', () => {
    expect(rows.find(({ name }) => name === '@openzeppelin/contracts')?.licence).toBe('MIT');
  });
});
