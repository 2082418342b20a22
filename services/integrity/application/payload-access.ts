/** Who may see what the leaves of a log commit to: its provider and the provider's auditors, and nobody else. */
export interface PayloadAccess {
  /** `token` is what stands behind `Bearer`; empty for another scheme. */
  mayRead(token: string, slug: string): Promise<boolean>;
}

export const PAYLOAD_ACCESS = Symbol('PayloadAccess');
