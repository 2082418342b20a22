import { describe, expect, it } from '@jest/globals';
import { UnreadableError } from '../../../verifier/source/log-source.ts';
import { type FileRequest, ParentLogSource } from '../../../verifier/source/parent.log-source.ts';

function openSource() {
  const asked: FileRequest[] = [];
  const source = new ParentLogSource('demo', (request) => asked.push(request));
  return { source, asked };
}

describe('files that the parent process hands over', () => {
  it('are those that were asked for, in whatever order they come', async () => {
    const { source, asked } = openSource();
    const [head, tile] = [source.read('checkpoint', 10), source.read('tile/0/000', 10)];
    expect(asked.map(({ path }) => path)).toEqual(['checkpoint', 'tile/0/000']);
    const [first, second] = asked as [FileRequest, FileRequest];
    source.answered({ kind: 'file', log: 'demo', id: second.id, bytes: Uint8Array.of(2) });
    source.answered({ kind: 'file', log: 'demo', id: first.id, bytes: Uint8Array.of(1) });
    expect([await head, await tile]).toEqual([Buffer.of(1), Buffer.of(2)]);
  });

  it('are missing, cannot be had, or are larger than the reader is ready for', async () => {
    const { source, asked } = openSource();
    const answer = (path: string, file: { readonly bytes?: Uint8Array; readonly problem?: string }) => {
      const reading = source.read(path, 3);
      source.answered({ kind: 'file', log: 'demo', id: asked.at(-1)?.id as number, ...file });
      return reading;
    };
    expect(await answer('tile/9/000', {})).toBeUndefined();
    expect(await answer('tile/0/000', { bytes: new Uint8Array(3) })).toHaveLength(3);
    await expect(answer('tile/0/000', { problem: 'the database is away' })).rejects.toThrow(
      new UnreadableError('tile/0/000: the database is away'),
    );
    await expect(answer('tile/0/000', { bytes: new Uint8Array(4) })).rejects.toMatchObject({ name: 'UnreadableError', isTooLarge: true });
  });

  it('that nobody asked for are of no effect', async () => {
    const { source, asked } = openSource();
    source.answered({ kind: 'file', log: 'demo', id: 7, problem: 'nobody asked' });
    const reading = source.read('checkpoint', 1);
    const id = asked[0]?.id as number;
    source.answered({ kind: 'file', log: 'demo', id, bytes: Uint8Array.of(1) });
    source.answered({ kind: 'file', log: 'demo', id, bytes: Uint8Array.of(2) });
    expect(await reading).toEqual(Buffer.of(1));
  });
});
