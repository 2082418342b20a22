import { EventTypes } from '../../event-store/domain/event-types.ts';
import type { StateCommittedFin, TimeTickedFin } from './committed-state.ts';
import type { KeyRotatedFin, LogPolicy } from './log-policy.ts';

/**
 * Personal data of a subject are gone: its commitments can be opened by nobody any more. `events` names those of which alone the data are
 * gone, where the subject's key still opens others.
 */
export type PersonalDataErasedFin = {
  readonly subject: string;
  readonly reason: string;
  /** The provider's own name of the case. */
  readonly reference?: string;
  readonly events?: readonly string[];
  /** The event that asked for it. */
  readonly ordered: { readonly stream: string; readonly revision: string };
};

/** What a log says about itself, stream `<slug>.log-0`. A verifier reads these too: docs/reference/log-format.md. */
export type SystemLeafEvent =
  | { readonly type: 'LogGenesis/1'; readonly data: LogPolicy }
  | { readonly type: 'LogPolicyChanged/1'; readonly data: LogPolicy }
  | { readonly type: 'KeyRotated/1'; readonly data: KeyRotatedFin }
  | { readonly type: 'TimeTicked/1'; readonly data: TimeTickedFin }
  | { readonly type: 'StateCommitted/1'; readonly data: StateCommittedFin }
  | { readonly type: 'PersonalDataErased/1'; readonly data: PersonalDataErasedFin };

export type SystemLeafType = SystemLeafEvent['type'];

export const systemLeafEvents = new EventTypes<SystemLeafEvent>({
  'LogGenesis/1': [],
  'LogPolicyChanged/1': [],
  'KeyRotated/1': [],
  'TimeTicked/1': [],
  'StateCommitted/1': [],
  'PersonalDataErased/1': [],
});
