import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { explain, say } from './messages.js';
import { projectRoot } from './project-root.js';
import { whileStarterIsLocked } from './starter-lock.js';

/** The verifier runs from its source; only its bundle for browsers is built. */
const sources = ['services', 'projections', 'bench', 'contracts/generated', 'verifier'];
const payPage = join('services', 'settlement', 'page');
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
    await Promise.all(
      files
        .filter((file) => file.endsWith('.ts') && !isOfVerifier(file) && !isOfPayPage(file))
        .map((file) => compile(file, transformFile, unfinished)),
    );
    await mkdir(unfinished, { recursive: true });
    await bundleVerifier(join(unfinished, 'verify'));
    await bundlePayPage(join(unfinished, 'pay'));
    await writeFile(join(unfinished, '.fingerprint'), fingerprint);
    if (existsSync(output)) renameSync(output, outdated);
    renameSync(unfinished, output);
    rmSync(outdated, { recursive: true, force: true });
  } catch (error) {
    throw explain(error, output);
  }
}

/** The verifier for browsers: an ESM bundle, and the page that uses it. */
async function bundleVerifier(folder) {
  const { build: bundle } = await import('esbuild');
  const from = (file) => join(projectRoot, 'verifier', 'browser', file);
  await bundle({
    entryPoints: [from('verifier.ts'), from('page.ts')],
    inject: [from('buffer.ts')],
    outdir: folder,
    bundle: true,
    splitting: true,
    minify: true,
    sourcemap: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2024',
    chunkNames: 'chunk-[hash]',
    logLevel: 'warning',
    absWorkingDir: projectRoot,
  });
  await copyFile(from('index.html'), join(folder, 'index.html'));
}

/** The payer's page: one script without any library, and its style. */
async function bundlePayPage(folder) {
  const { build: bundle } = await import('esbuild');
  const from = (file) => join(projectRoot, payPage, file);
  await bundle({
    entryPoints: [from('pay.ts')],
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2024',
    logLevel: 'warning',
    absWorkingDir: projectRoot,
  });
  await copyFile(from('pay.css'), join(folder, 'pay.css'));
  const pages = { 'index.html': ['pay.css', 'pay.js'], 'unknown.html': ['pay.css'] };
  for (const [page, files] of Object.entries(pages))
    await writeFile(join(folder, page), await withIntegrity(await readFile(from(page), 'utf8'), folder, files));
}

/** Names the hash of each script and style in the page (SRI), so that the browser takes no other. */
async function withIntegrity(page, folder, files) {
  let pinned = page;
  for (const file of files) {
    const address = `"/pay/assets/${file}"`;
    if (!page.includes(address)) throw new Error(`The payer's page does not load ${file}.`);
    const hash = createHash('sha384')
      .update(await readFile(join(folder, file)))
      .digest('base64');
    pinned = pinned.replace(address, `${address} integrity="sha384-${hash}"`);
  }
  return pinned;
}

function isOfPayPage(file) {
  return relative(projectRoot, file).startsWith(`${payPage}${sep}`);
}

function isOfVerifier(file) {
  return relative(projectRoot, file).startsWith(`verifier${sep}`);
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
      if (entry.isFile() && /\.(ts|html|css)$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
        files.push(join(entry.parentPath, entry.name));
    }
  }
  return files.sort();
}
