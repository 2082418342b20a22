import { runChild } from './child.js';
import { fail } from './messages.js';
import { nodeToUse } from './node-24.js';

/**
 * Begins on whatever Node there is (20.20 and up, without any dependency) and goes on with Node 24: in this process when it runs on one,
 * else in a child that begins here again.
 */
export async function main(script, commandLine) {
  try {
    const node = nodeToUse();
    if (node !== process.execPath) return await runChild(node, [script, ...commandLine]);
    const { run } = await import('./commands.js');
    return await run(commandLine);
  } catch (error) {
    return fail(error);
  }
}
