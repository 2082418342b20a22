/**
 * `silent`: no answer came. `refused`: it answered that it has not what was asked for, or not so much at once. `nonsense`: no honest node
 * answers so.
 */
export type NodeFailure = 'silent' | 'refused' | 'nonsense';

/** The node did not do what it was asked for. */
export class NodeError extends Error {
  override readonly name = 'NodeError';
  readonly failure: NodeFailure;

  constructor(message: string, failure: NodeFailure) {
    super(message);
    this.failure = failure;
  }
}
