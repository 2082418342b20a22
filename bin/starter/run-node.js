import { readFileSync } from 'node:fs';
import { runChild } from './child.js';
import { environment } from './npm.js';
import { inProject, projectRoot } from './project-root.js';

/** Runs a script on this Node, in the folder that the user is in, and answers its exit code. */
export function node(args, { cwd = process.cwd() } = {}) {
  return runChild(process.execPath, args, { env: environment(process.execPath), cwd });
}

/** Runs the first program that a package offers, from the project's root. */
export function tool(packageName, args) {
  const { bin } = JSON.parse(readFileSync(inProject('node_modules', packageName, 'package.json'), 'utf8'));
  const script =
    typeof bin === 'string' ? bin : (bin[packageName] ?? Object.values(bin).find((path) => path.endsWith('tsc')) ?? Object.values(bin)[0]);
  return node([inProject('node_modules', packageName, script), ...args], { cwd: projectRoot });
}
