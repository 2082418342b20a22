/**
 * The log must not be signed on: its store and what was shown of it do not fit. Somebody has to look; a restart alone changes nothing, and
 * the message says what to do.
 */
export class SequencerHalt extends Error {
  override readonly name = 'SequencerHalt';
  readonly retryable = false;
}
