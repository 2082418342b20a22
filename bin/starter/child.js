import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { whenOrphaned } from './orphan.js';

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs a program in the foreground and answers its exit code (128 + number when a signal ended it, as shells do). Signals are passed
 * on. A terminal's Ctrl-C reaches the child by itself as well, so children take a repeated signal as one.
 * The child finds the pid of its starter in TALLYROOT_PARENT: when the starter is killed, the child can notice and stop.
 */
export function runChild(program, args, { env = process.env, cwd = process.cwd() } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', cwd, env: { ...env, TALLYROOT_PARENT: String(process.pid) } });
    const forward = (signal) => child.kill(signal);
    for (const signal of forwarded) process.on(signal, forward);
    const stopWatching = whenOrphaned(() => child.kill('SIGTERM'));
    const settle = (outcome) => {
      for (const signal of forwarded) process.off(signal, forward);
      stopWatching();
      outcome();
    };
    child.once('error', (error) => settle(() => reject(error)));
    child.once('exit', (code, signal) => settle(() => resolve(code ?? 128 + (constants.signals[signal] ?? 0))));
  });
}
