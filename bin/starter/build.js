import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { explain, say } from './messages.js';
import { projectRoot } from './project-root.js';
import { whileStarterIsLocked } from './starter-lock.js';

const sources = ['services', 'projections', 'bench', 'contracts/generated'];
const output = join(projectRoot, 'dist');
const fingerprintFile = join(output, '.fingerprint');

/** Compiles the services into dist/ when they have changed since. dist/ is replaced whole, so an interruption leaves the old one. */
export async function ensureBuild() {
  if (isFresh()) return;
  await whileStarterIsLocked(async () => {
    if (isFresh()) return;
    say('Building ...');
    await build();
  });
}

async function build() {
  const { transformFile } = await import('@swc/core');
  const unfinished = `${output}.unfinished`;
  const outdated = `${output}.outdated`;
  const files = sourceFiles();
  const fingerprint = fingerprintOf(files);
  try {
    for (const folder of [unfinished, outdated]) rmSync(folder, { recursive: true, force: true });
    await Promise.all(files.map((file) => compile(file, transformFile, unfinished)));
    await mkdir(unfinished, { recursive: true });
    await writeFile(join(unfinished, '.fingerprint'), fingerprint);
    if (existsSync(output)) renameSync(output, outdated);
    renameSync(unfinished, output);
    rmSync(outdated, { recursive: true, force: true });
  } catch (error) {
    throw explain(error, output);
  }
}

async function compile(file, transformFile, folder) {
  const target = join(folder, relative(projectRoot, file)).replace(/\.ts$/, '.js');
  const { code, map } = await transformFile(file, {
    swcrc: true,
    configFile: join(projectRoot, '.swcrc'),
    sourceFileName: relative(dirname(target.replace(folder, output)), file),
  });
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, `${code}\n//# sourceMappingURL=${target.split(sep).at(-1)}.map\n`);
  if (map) await writeFile(`${target}.map`, map);
}

function isFresh() {
  return existsSync(fingerprintFile) && readFileSync(fingerprintFile, 'utf8') === fingerprintOf(sourceFiles());
}

/** Over the contents, not the times: a checkout of another branch and back changes nothing. Takes about 10 ms. */
function fingerprintOf(files) {
  const digest = createHash('sha256');
  for (const file of [...files, join(projectRoot, '.swcrc'), join(projectRoot, 'bin', 'starter', 'build.js')]) {
    digest.update(`${relative(projectRoot, file)}\0`).update(createHash('sha256').update(readFileSync(file)).digest());
  }
  return digest.digest('hex');
}

function sourceFiles() {
  const files = [];
  for (const folder of sources.map((name) => join(projectRoot, name)).filter((path) => existsSync(path))) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts')) files.push(join(entry.parentPath, entry.name));
    }
  }
  return files.sort();
}
