/** The log at one moment: this many leaves, this root. */
export interface TreeHead {
  readonly size: bigint;
  /** 32 bytes. */
  readonly root: Buffer;
}

/** A head that was signed and may be shown to anybody. */
export interface PublishedHead extends TreeHead {
  /** C2SP checkpoint, signed. */
  readonly note: string;
}

/** The text of a C2SP checkpoint: origin, size, base64 root. No extension lines: monitors could not audit them. */
export function treeHeadText(origin: string, { size, root }: TreeHead): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}
