import type { AnchorRequest } from './anchor-chain.ts';

const word = 'anchor';

/** What a transaction with these anchors is for: `anchor <slug>:<size> ...`. */
export function subjectOf(requests: readonly Pick<AnchorRequest, 'slug' | 'newSize'>[]): string {
  return [word, ...requests.map((request) => itemOf(request))].join(' ');
}

/** The logs that a transaction is for, in the order of its anchors; none for one that anchors nothing. */
export function logsIn(subject: string): string[] {
  const [first, ...items] = subject.split(' ');
  return first === word ? items.map((item) => item.slice(0, item.indexOf(':'))) : [];
}

export function isAbout(subject: string, request: Pick<AnchorRequest, 'slug' | 'newSize'>): boolean {
  return subject.split(' ').slice(1).includes(itemOf(request));
}

function itemOf({ slug, newSize }: Pick<AnchorRequest, 'slug' | 'newSize'>): string {
  return `${slug}:${newSize}`;
}
