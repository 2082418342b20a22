/** The chain failed us. */
export abstract class ChainFault extends Error {
  abstract readonly retryable: boolean;
}

/** No answer, or none that can be read. What was sent may have arrived. */
export class ChainUnavailableFault extends ChainFault {
  override readonly name = 'ChainUnavailableFault';
  override readonly retryable = true;
}

/** The node answered with an error. */
export class ChainRefusedFault extends ChainFault {
  override readonly name = 'ChainRefusedFault';
  override readonly retryable = true;
  readonly method: string;
  /** What the contract returned when it reverted, 0x-hex. */
  readonly revertData: string | undefined;

  constructor(method: string, message: string, revertData: string | undefined) {
    super(`The chain node refused ${method}: ${message}`);
    this.method = method;
    this.revertData = revertData;
  }
}

/** The node serves another chain, or another contract, than the settings say. */
export class WrongChainFault extends ChainFault {
  override readonly name = 'WrongChainFault';
  override readonly retryable = false;
}

/** The node answers from a state that is older than what was final before. */
export class NodeBehindFault extends ChainFault {
  override readonly name = 'NodeBehindFault';
  override readonly retryable = true;
}

/** Whoever asked for a transaction has it, by another process, given up meanwhile: nothing is signed for it. */
export class GivenUpFault extends ChainFault {
  override readonly name = 'GivenUpFault';
  override readonly retryable = false;
}

/** A key has not enough coins to pay for gas. */
export class UnfundedFault extends ChainFault {
  override readonly name = 'UnfundedFault';
  override readonly retryable = true;
}

/** The chain asks for more per unit of gas than may be paid. Fees fall again. */
export class FeesTooHighFault extends ChainFault {
  override readonly name = 'FeesTooHighFault';
  override readonly retryable = true;
}

/** A file holds no key, or one that must not be used. */
export class ChainKeyFault extends Error {
  override readonly name = 'ChainKeyFault';
  readonly retryable = false;
}
