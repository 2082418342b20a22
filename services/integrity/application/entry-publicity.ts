/** Whether anybody may read the entries of a provider's log. Who may not still sees heads, hashes, proofs and anchors. */
export interface EntryPublicity {
  arePublic(slug: string): Promise<boolean>;
}

export const ENTRY_PUBLICITY = Symbol('EntryPublicity');
