/** A place of a source's syntax tree, as solc writes it. */
export interface Node {
  readonly nodeType: string;
  readonly src: string;
  readonly [key: string]: unknown;
}

/** What stands instead of the bytes from `from` to `to`. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: (before: string) => string;
}

/** An inner edit goes first, so that an outer one wraps what it left. */
export function applied(source: Buffer, edits: readonly Edit[]): string {
  const render = (from: number, to: number, within: readonly Edit[]): string => {
    let [text, at] = ['', from];
    const outer = within.filter((one) => !within.some((other) => other !== one && other.from <= one.from && one.to <= other.to));
    for (const one of outer.toSorted((left, right) => left.from - right.from)) {
      const inner = within.filter((other) => other !== one && one.from <= other.from && other.to <= one.to);
      text += source.subarray(at, one.from).toString() + one.text(render(one.from, one.to, inner));
      at = one.to;
    }
    return text + source.subarray(at, to).toString();
  };
  return render(0, source.length, edits);
}

/** Visits every node of a tree, an outer one first. */
export function walk(node: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(node)) for (const one of node) walk(one, visit);
  else if (typeof node === 'object' && node !== null) {
    if ('nodeType' in node && 'src' in node) visit(node as Node);
    for (const child of Object.values(node)) walk(child, visit);
  }
}
