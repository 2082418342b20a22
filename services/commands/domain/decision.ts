/** The business said no: a stable code and what it is about. Amounts and ids as text. */
export interface Rejection {
  readonly code: string;
}

/** What a decider answers: new facts, a pointer to the fact that already says it, or one rejection. */
export type Decision<Event, Rejected extends Rejection> =
  | { readonly kind: 'accepted'; readonly events: readonly [Event, ...Event[]] }
  | { readonly kind: 'repeated'; readonly revision: bigint }
  | { readonly kind: 'rejected'; readonly rejection: Rejected };

export function accept<Event>(...events: [Event, ...Event[]]): Decision<Event, never> {
  return { kind: 'accepted', events };
}

/** The fact stands in the stream already, at this revision; nothing new is written and it answers the command. */
export function repeated(revision: bigint): Decision<never, never> {
  return { kind: 'repeated', revision };
}

export function reject<Rejected extends Rejection>(rejection: Rejected): Decision<never, Rejected> {
  return { kind: 'rejected', rejection };
}
