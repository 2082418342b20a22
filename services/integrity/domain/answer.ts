import type { CanonicalJson } from '../../event-store/domain/canonical-json.ts';

/** What is signed of an answer: of which log, as of how many leaves, and the value itself. */
export function answerText(origin: string, asOfSize: bigint, value: CanonicalJson): string {
  return `tallyroot-answer/1\n${origin}\n${asOfSize}\n${value}\n`;
}
