/** Where a command's events stand in the stream, and what its body was. */
export interface RememberedCommand {
  readonly fingerprint: string;
  readonly firstRevision: bigint;
  lastRevision: bigint;
  lastPosition: bigint;
}

/** The last thousand commands of a stream, rebuilt from the metadata of its events. */
export class RememberedCommands {
  static readonly sizeMax = 1_000;
  readonly #commands = new Map<string, RememberedCommand>();
  #forgotten = false;

  /** The memory that `toLines` was asked of. */
  static of(lines: readonly (readonly string[])[], hasForgotten: boolean): RememberedCommands {
    const remembered = new RememberedCommands();
    for (const [commandId, fingerprint, ...places] of lines as readonly [string, string, string, string, string][]) {
      const [firstRevision, lastRevision, lastPosition] = places.map(BigInt) as [bigint, bigint, bigint];
      remembered.#commands.set(commandId, { fingerprint, firstRevision, lastRevision, lastPosition });
    }
    remembered.#forgotten = hasForgotten;
    return remembered;
  }

  /** True once the stream holds more commands than are remembered: then the command log must be asked as well. */
  get hasForgotten(): boolean {
    return this.#forgotten;
  }

  get(commandId: string): RememberedCommand | undefined {
    return this.#commands.get(commandId);
  }

  oldestPosition(): bigint {
    for (const command of this.#commands.values()) return command.lastPosition;
    return 0n;
  }

  /** Takes note of one event of a command; the events of one command come in order. */
  note(commandId: string, fingerprint: string, revision: bigint, position: bigint): void {
    const known = this.#commands.get(commandId);
    if (known !== undefined) {
      known.lastRevision = revision;
      known.lastPosition = position;
      return;
    }
    this.#commands.set(commandId, { fingerprint, firstRevision: revision, lastRevision: revision, lastPosition: position });
    if (this.#commands.size <= RememberedCommands.sizeMax) return;
    for (const oldest of this.#commands.keys()) {
      this.#commands.delete(oldest);
      this.#forgotten = true;
      break;
    }
  }

  /** One line a command, oldest first: id, fingerprint, first and last revision, last position. */
  toLines(): string[][] {
    return Array.from(this.#commands, ([id, { fingerprint, firstRevision, lastRevision, lastPosition }]) => [
      ...[id, fingerprint, firstRevision.toString(), lastRevision.toString(), lastPosition.toString()],
    ]);
  }
}
