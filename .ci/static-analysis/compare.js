/**
 * Compares what Slither found with what is triaged: node compare.js <Slither's JSON>. Fails on a finding without a reason, and on a reason whose
 * finding is gone: nobody could tell then what it excuses.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const { success, error, results } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
if (!success) throw new Error(`Slither did not finish: ${error}`);
const triaged = JSON.parse(readFileSync(join(import.meta.dirname, 'triage.json'), 'utf8'));

const found = new Map();
for (const finding of results.detectors ?? []) found.set(keyBeside(found, keyOf(finding)), finding.description.trim());
const excused = new Set(triaged.flatMap(({ check, places }) => places.map((place) => `${check} ${place}`)));
const unknown = [...found].filter(([key]) => !excused.has(key));
const gone = [...excused].filter((key) => !found.has(key));

for (const [key, description] of unknown) console.log(`Not triaged: ${key}\n${description}\n`);
for (const key of gone) console.log(`Triaged, but not found any more: ${key}`);
if (triaged.some(({ reason }) => !reason)) throw new Error('A triage gives no reason.');
console.log(`Slither: ${found.size} findings, ${found.size - unknown.length} triaged, ${unknown.length} not, ${gone.length} gone.`);
process.exitCode = unknown.length + gone.length > 0 ? 1 : 0;

/** By the detector, and by what it names first within its contract, without lines: code may move. */
function keyOf({ check, elements: [first] }) {
  const names = [];
  for (let element = first; element; element = element.type_specific_fields?.parent)
    if (element.type !== 'file') names.unshift(element.name);
  return `${check} ${names.join('.')}`;
}

/** A second finding of a detector in one place has a key of its own. */
function keyBeside(found, key) {
  let count = 1;
  while (found.has(count === 1 ? key : `${key} (${count})`)) count++;
  return count === 1 ? key : `${key} (${count})`;
}
