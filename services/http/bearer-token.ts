/** The token of an `Authorization: Bearer` header; empty for a header that is missing or of another kind. */
export function bearerToken(header: string | undefined): string {
  return /^Bearer +([^ ]+) *$/i.exec(header ?? '')?.[1] ?? '';
}
