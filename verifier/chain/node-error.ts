/** The node did not do what it was asked for. */
export class NodeError extends Error {
  override readonly name = 'NodeError';
  /** It answered, and refused: it may not have what was asked for, or not so much at once. */
  readonly isAnswer: boolean;

  constructor(message: string, isAnswer: boolean) {
    super(message);
    this.isAnswer = isAnswer;
  }
}
