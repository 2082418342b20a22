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

const headPattern = /^([^\n]+)\n(0|[1-9][0-9]{0,19})\n([A-Za-z0-9+/]{43}=)\n$/u;

/** Reads the text of a checkpoint; undefined for anything that is none of this origin. */
export function treeHeadOf(text: string, origin: string): TreeHead | undefined {
  const [, name, size, root] = headPattern.exec(text) ?? [];
  return name !== origin || size === undefined || root === undefined
    ? undefined
    : { size: BigInt(size), root: Buffer.from(root, 'base64') };
}
