/** Which slots the watcher has seen closed. */
export interface ClosedSlots {
  /** Whether a contract of any chain has closed the slot of the provider, for anybody or for a holder of credit, as far as chains were read. */
  has(providerId: string, seq: string): Promise<boolean>;
}

export const CLOSED_SLOTS = Symbol('ClosedSlots');
