import { randomUUID } from 'node:crypto';
import type { WireLog } from './wire-log.ts';

/** What a server writes beside its users' events; names with a leading `$` that no handler may ever see. */
const kinds: readonly ((log: WireLog) => void)[] = [
  (log) => log.appendSystemEvent('$stats-127.0.0.1:2113', '$statsCollected', '{"proc-cpu":1.5}'),
  (log) => log.appendSystemEvent(`$$noise-${randomUUID()}`, '$metadata', '{"$maxCount":5}'),
  (log) => log.appendSystemEvent('$ce-noise', '$>', '0@noise-1'),
  (log) => log.tombstone(`noise-${randomUUID()}`, 'any'),
  (log) => log.appendSystemEvent('$scavenges', '$scavengeStarted', '{"nodeEndpoint":"127.0.0.1:2113"}'),
];

/** Appends one event of each kind. */
export function makeNoise(log: WireLog): void {
  for (const kind of kinds) kind(log);
}
