import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { StarterFault, say } from './messages.js';

/**
 * Installs what the lock in `folder` pins, with the given Node: npm chooses optional packages by the Node that it runs on.
 * Install scripts stay off: nothing here needs one.
 */
export function installLocked(folder, node) {
  const cache = cacheWhereHomeIsNotWritable();
  const env = environment(node, cache);
  const args = ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const script = npmScript();
  try {
    const { status, signal, error } = script
      ? spawnSync(node, [script, ...args], { cwd: folder, env, stdio: ['ignore', 2, 2] })
      : spawnSync('npm', args, { cwd: folder, env, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
    if (error?.code === 'ENOENT') throw new StarterFault('npm was not found; install Node 20.20 or newer together with npm.');
    if (error) throw error;
    if (signal) process.kill(process.pid, signal);
    if (status !== 0) throw new StarterFault('npm could not install the packages; its message above says why. Mend that and start again.');
  } finally {
    if (cache) rmSync(cache, { recursive: true, force: true });
  }
}

/** The environment for a program that runs on this Node, also when it starts others by name. */
export function environment(node, cache) {
  const env = { ...process.env };
  // Under `npm start` these name the outer npm's project and would mislead an inner one.
  for (const name of Object.keys(env))
    if (/^npm_(package_|lifecycle_|command$|config_local_prefix$|config_omit$|config_include$)/i.test(name)) delete env[name];
  const path = Object.keys(env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  env[path] = [dirname(node), env[path]].filter(Boolean).join(delimiter);
  if (cache) env.npm_config_cache = cache;
  return env;
}

/** npm's own script, so that we choose the Node that runs it; undefined where only a launcher is to be found. */
function npmScript() {
  if (/\bnpm-cli\.c?js$/.test(process.env.npm_execpath ?? '') && existsSync(process.env.npm_execpath)) return process.env.npm_execpath;
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const beside = join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js'); // Windows
    if (process.platform === 'win32' && existsSync(beside)) return beside;
    const file = join(folder, 'npm');
    if (existsSync(file) && realpathSync(file).endsWith('npm-cli.js')) return realpathSync(file);
  }
  return undefined;
}

function cacheWhereHomeIsNotWritable() {
  if (process.env.npm_config_cache) return undefined;
  try {
    accessSync(homedir(), constants.W_OK);
    return undefined;
  } catch {
    say('The home folder cannot be written, so npm gets a cache for this once.');
    return mkdtempSync(join(tmpdir(), 'tallyroot-npm-'));
  }
}
