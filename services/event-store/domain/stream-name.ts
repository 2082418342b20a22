/** One stream per aggregate: `<slug>.<kind>-<id>`, so that `<slug>.` selects a provider's whole log (DESIGN 4.4). */
const pattern = /^([a-z0-9]{2,20})\.([a-zA-Z]+)-([A-Za-z0-9_.:-]+)$/;
const lengthMax = 512;

export interface StreamParts {
  readonly slug: string;
  readonly kind: string;
  readonly id: string;
}

export function streamName({ slug, kind, id }: StreamParts): string {
  const name = `${slug}.${kind}-${id}`;
  if (!isStreamName(name)) throw new RangeError(`${name} is not a stream name.`);
  return name;
}

export function isStreamName(name: string): boolean {
  return name.length <= lengthMax && pattern.test(name);
}

/** The parts of a name, or undefined for a name that breaks the pattern. */
export function partsOf(name: string): StreamParts | undefined {
  const match = name.length <= lengthMax ? pattern.exec(name) : null;
  if (match === null) return undefined;
  const [, slug, kind, id] = match as unknown as [string, string, string, string];
  return { slug, kind, id };
}

/** The prefix that selects every stream of a provider. */
export function prefixOf(slug: string): string {
  return `${slug}.`;
}
