import type { Rejection } from '../domain/decision.ts';
import type { Receipt } from './receipts.ts';

/** What every accepted command answers, first time or repeat: where its events are, and the promise that they stay. */
export interface CommandAnswer {
  readonly stream: string;
  /** Of the aggregate after this command's last event. */
  readonly revision: bigint;
  /** Of the command's last event in the whole log: wait for it (`?after=`) to read your own write. */
  readonly position: bigint;
  readonly events: readonly AnsweredEvent[];
  /** Over the last event; its `prev` binds the earlier ones. */
  readonly receipt: Receipt;
  /** True when the events had been written before. */
  readonly replayed: boolean;
}

export interface AnsweredEvent {
  readonly id: string;
  readonly type: string;
  readonly revision: bigint;
  /** The stored financial payload. */
  readonly data: object;
}

/** Rejections that no decider knows of, because they are about the command and not about the business. */
export type ExecutionRejection =
  | { readonly code: 'idempotency_key_reused'; readonly commandId: string }
  | { readonly code: 'revision_mismatch'; readonly expected: string; readonly actual: string };

export type Outcome<Rejected extends Rejection> =
  | { readonly kind: 'accepted'; readonly answer: CommandAnswer }
  | { readonly kind: 'rejected'; readonly rejection: Rejected | ExecutionRejection };
