import { EventTypes } from '../../event-store/domain/event-types.ts';

/*
 * Facts about the person behind an account, stream `<slug>.person-<subject>`. Opaque ids only: what the person is called stands in the
 * vault, and an event has nothing but the commitment to it, in `pii`.
 */

/** Personal data were taken in, or corrected: a whole new version. `pii` has the commitment under the subject. */
export type PersonalDataRecorded = {
  readonly account: string;
  readonly subject: string;
  /** Names of the fields that the version has, in alphabetical order. */
  readonly fields: readonly string[];
};

/** The person said yes or no to a purpose. The last word on a purpose counts. */
export type ConsentRecorded = {
  readonly account: string;
  readonly subject: string;
  readonly purpose: string;
  readonly decision: 'given' | 'withdrawn';
  /** The text that was agreed to, by the provider's own name and version of it. */
  readonly document: string;
  readonly effectiveAt: string;
};

export const erasureReasons = ['subject_request', 'consent_withdrawn', 'unlawful_processing', 'retention_period'] as const;
export type ErasureReason = (typeof erasureReasons)[number];

/** The personal data are to be erased: from here on nobody is shown them, and nothing is added. The key is destroyed next. */
export type ErasureOrdered = {
  readonly account: string;
  readonly subject: string;
  readonly reason: ErasureReason;
  /** The provider's own name of the case. */
  readonly reference?: string;
};

/** Versions that later ones have replaced are to be erased; the newest one stays. */
export type SupersededErasureOrdered = {
  readonly account: string;
  readonly subject: string;
  readonly reason: ErasureReason;
  /** Ids of the `PersonalDataRecorded/1` events whose data go. */
  readonly events: readonly string[];
};

export type PersonEvent =
  | { readonly type: 'PersonalDataRecorded/1'; readonly data: PersonalDataRecorded }
  | { readonly type: 'ConsentRecorded/1'; readonly data: ConsentRecorded }
  | { readonly type: 'ErasureOrdered/1'; readonly data: ErasureOrdered }
  | { readonly type: 'SupersededErasureOrdered/1'; readonly data: SupersededErasureOrdered };

export const personEvents = new EventTypes<PersonEvent>({
  'PersonalDataRecorded/1': [],
  'ConsentRecorded/1': [],
  'ErasureOrdered/1': [],
  'SupersededErasureOrdered/1': [],
});
