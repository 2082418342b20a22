/** Names one line of the journal: an event and the place of the posting in it. */
export interface JournalKey {
  readonly position: bigint;
  readonly line: number;
}

export const journalStart: JournalKey = { position: 0n, line: 0 };

const pattern = /^(0|[1-9][0-9]{0,17})(?:\.(0|[1-9][0-9]{0,6}))?$/;

/** Reads `1234.1`, or `1234` for the first line of an event. */
export function journalKey(text: string): JournalKey | undefined {
  const match = pattern.exec(text);
  return match === null ? undefined : { position: BigInt(match[1] as string), line: Number(match[2] ?? 0) };
}

export function journalKeyText({ position, line }: JournalKey): string {
  return `${position}.${line}`;
}
