import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../../services/read-store/project-root.ts';

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly cpu?: readonly string[] | string;
}

const root = projectRoot(import.meta.dirname);
const read = (...path: string[]): unknown => JSON.parse(readFileSync(join(root, ...path), 'utf8'));
const packagesOf = (...folder: string[]) => (read(...folder, 'package-lock.json') as { packages: Record<string, LockedPackage> }).packages;
const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

describe.each([['the project'], ['Node 24', 'bin', 'node']])('the lock of %s', (_of, ...folder) => {
  const packages = packagesOf(...folder);

  it('holds the optional packages of every platform, or npm ci would refuse it (bin/starter/complete-lock.js adds them)', () => {
    const missing = Object.entries(packages).flatMap(([parent, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !(`${parent}/node_modules/${name}` in packages || `node_modules/${name}` in packages),
      ),
    );
    expect(missing).toEqual([]);
  });

  it('names no registry host', () => {
    expect(Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });

  it('pins everything that is not for another platform by its content', () => {
    const open = Object.entries(packages).filter(
      ([path, { integrity, cpu }]) => path !== '' && cpu === undefined && integrity === undefined,
    );
    expect(open.map(([path]) => path)).toEqual([]);
  });
});

describe('install scripts', () => {
  it('are denied by name for every package that has one, so that npm asks nothing', () => {
    const { allowScripts } = read('package.json') as { allowScripts: Record<string, boolean> };
    const scripted = Object.entries(packagesOf()).filter(([, { hasInstallScript }]) => hasInstallScript === true);
    for (const [path] of scripted) expect(allowScripts[nameOf(path)]).toBe(false);
    expect(Object.values(allowScripts).every((allowed) => !allowed)).toBe(true);
  });
});
