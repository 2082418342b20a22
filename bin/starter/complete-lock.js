/**
 * Completes package-lock.json after a package was added: node bin/starter/complete-lock.js
 *
 * `npm install` leaves a platform's optional package out of the lock when the registry at hand does not serve it, and `npm ci` then
 * refuses the lock everywhere. This adds what is missing, at the version that the parent pins, without an integrity value (npm fills
 * it in where it can reach the package). A test of the deployment keeps the lock complete.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './project-root.js';

const operatingSystems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32', 'windows'];
const processors = {
  amd64: 'x64',
  arm: 'arm',
  arm64: 'arm64',
  ia32: 'ia32',
  loong64: 'loong64',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
  x64: 'x64',
};

const path = join(projectRoot, 'package-lock.json');
const lock = JSON.parse(readFileSync(path, 'utf8'));
const added = [];
for (const [parent, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const nested = `${parent === '' ? '' : `${parent}/`}node_modules/${name}`;
    const place = `node_modules/${name}`;
    if (lock.packages[nested] !== undefined || lock.packages[place] !== undefined || !/^\d/.test(version)) continue;
    lock.packages[place] = { version, ...platformOf(name), ...(dev === true && { dev }), optional: true };
    added.push(`${name}@${version}`);
  }
}
if (added.length > 0) writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(added.length === 0 ? 'package-lock.json is complete.' : `Added ${added.join(', ')}.`);

/** By the custom that names a platform's package after it, so that npm does not fetch it on others. */
function platformOf(name) {
  const words = name.split('/').at(-1).split('-');
  const os = words.find((word) => operatingSystems.includes(word));
  const processor = words.map((word) => processors[word]).find((word) => word !== undefined);
  return {
    ...(processor !== undefined && { cpu: [processor] }),
    ...(words.includes('musl') && { libc: ['musl'] }),
    ...((words.includes('gnu') || words.includes('gnueabihf')) && os === 'linux' && { libc: ['glibc'] }),
    ...(os !== undefined && { os: [os === 'windows' ? 'win32' : os] }),
  };
}
