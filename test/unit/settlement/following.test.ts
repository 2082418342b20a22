import { beforeEach, describe, expect, it } from '@jest/globals';
import { Following } from '../../../services/settlement/page/following.ts';

interface News {
  readonly state: string;
}

/** A stream as a browser gives it to the page, led by the test. */
class LedSource extends EventTarget {
  isClosed = false;

  close(): void {
    this.isClosed = true;
  }

  tells(news: News): void {
    this.dispatchEvent(Object.assign(new Event('checkout'), { data: JSON.stringify(news) }));
  }

  fails(): void {
    this.dispatchEvent(new Event('error'));
  }
}

let sources: LedSource[];
let waits: number[];
let next: (() => void) | undefined;
let answer: () => Promise<News>;
let told: string[];
let following: Following<News>;

beforeEach(() => {
  [sources, waits, told] = [[], [], []];
  next = undefined;
  answer = () => Promise.resolve({ state: 'looked' });
  following = new Following<News>({
    stream: () => '/events',
    look: () => answer(),
    told: ({ state }) => told.push(state),
    sources: () => {
      const source = new LedSource();
      sources.push(source);
      return source as unknown as EventSource;
    },
    wait: (ms, then) => {
      waits.push(ms);
      next = then;
      return () => (next = undefined);
    },
  });
});

/** The stream that is open now is refused or cut off, and the time until the next look goes by. */
async function refused(): Promise<void> {
  sources.at(-1)?.fails();
  next?.();
  await new Promise(setImmediate);
}

describe('a page that follows a payment', () => {
  it('is told by the stream, and asks for nothing beside it', () => {
    sources[0]?.tells({ state: 'seen' });
    sources[0]?.tells({ state: 'confirming' });
    expect([told, waits, sources.length]).toEqual([['seen', 'confirming'], [], 1]);
  });

  it('asks by itself where the stream is refused, less and less often, and tries the stream each time', async () => {
    for (let trial = 0; trial < 6; trial++) await refused();
    expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect([told, sources.length]).toEqual([Array<string>(6).fill('looked'), 7]);
    expect(sources.slice(0, -1).every(({ isClosed }) => isClosed)).toBe(true);
    sources.at(-1)?.tells({ state: 'settled' });
    await refused();
    expect([told.at(-2), waits.at(-1)]).toEqual(['settled', 2_000]);
  });

  it('goes on where the service answers nothing at all, and says nothing of it', async () => {
    answer = () => Promise.reject(new TypeError('The network is away.'));
    await refused();
    await refused();
    expect([told, waits, sources.length]).toEqual([[], [2_000, 4_000], 3]);
  });

  it('asks no more once it is stopped, also where an answer is on its way', async () => {
    let give: (news: News) => void = () => undefined;
    answer = () => new Promise((resolve) => (give = resolve));
    sources[0]?.fails();
    next?.();
    following.stop();
    give({ state: 'late' });
    await new Promise(setImmediate);
    expect([told, sources.length]).toEqual([[], 1]);
    sources[0]?.fails();
    expect(waits).toEqual([2_000]);
  });
});
