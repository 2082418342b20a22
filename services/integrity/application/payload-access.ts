/** Who may see what the leaves of a log commit to: its provider, and nobody else. */
export interface PayloadAccess {
  /** `token` is empty for a request without one. */
  mayRead(token: string, slug: string): Promise<boolean>;
}

export const PAYLOAD_ACCESS = Symbol('PayloadAccess');
