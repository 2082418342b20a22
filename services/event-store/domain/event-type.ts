const pattern = /^[A-Z][A-Za-z0-9]*\/[1-9][0-9]*$/;

/** `Name/version` in past tense, for example `AccountOpened/1`; at most 128 characters, all ASCII. */
export function isEventType(type: string): boolean {
  return type.length <= 128 && pattern.test(type);
}
