/** Which methods each path takes: tells a path that there is not from a method that a path does not take. */
export class RouteTable {
  readonly #methods = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();

  /** Notes a route as Fastify registers it: `/v1/accounts/:account/charges`, `/docs/*`. */
  note(url: string, methods: string | readonly string[]): void {
    let route = this.#methods.get(url);
    if (route === undefined) {
      route = { pattern: patternOf(url), methods: new Set() };
      this.#methods.set(url, route);
    }
    for (const method of typeof methods === 'string' ? [methods] : methods) route.methods.add(method);
  }

  /** In alphabetical order; none for a path without a route. */
  methodsOf(path: string): readonly string[] {
    const matching = [...this.#methods.values()].filter(({ pattern }) => pattern.test(path));
    return [...new Set(matching.flatMap(({ methods }) => [...methods]))].sort();
  }
}

function patternOf(url: string): RegExp {
  const literal = url.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replace(/:[A-Za-z]+/g, '[^/]+').replaceAll('*', '.*')}$`);
}
