import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { explain, say } from './messages.js';
import { installLocked } from './npm.js';
import { projectRoot } from './project-root.js';
import { whileStarterIsLocked } from './starter-lock.js';

/**
 * Installs the project's packages when they are missing or not what the lock says. npm writes its record of what it installed last of
 * all and `npm ci` deletes it first of all, so an interrupted install is seen as missing and done again.
 */
export async function ensureDependencies() {
  if (areInstalled()) return;
  await whileStarterIsLocked(() => {
    if (areInstalled()) return;
    say('Installing the dependencies ...');
    try {
      installLocked(projectRoot, process.execPath);
    } catch (error) {
      throw explain(error, projectRoot);
    }
  });
}

function areInstalled() {
  const record = join(projectRoot, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = packagesIn(record);
  return Object.entries(packagesIn(join(projectRoot, 'package-lock.json'))).every(([path, locked]) => {
    if (path === '' || !isForThisPlatform(locked)) return true;
    if (installed[path] === undefined) return locked.optional === true || locked.devOptional === true; // The registry may not have it.
    return installed[path].version === locked.version && existsSync(join(projectRoot, path, 'package.json'));
  });
}

function packagesIn(lock) {
  return JSON.parse(readFileSync(lock, 'utf8')).packages ?? {};
}

function isForThisPlatform({ os, cpu }) {
  return (os === undefined || [os].flat().includes(process.platform)) && (cpu === undefined || [cpu].flat().includes(process.arch));
}
