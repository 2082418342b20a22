import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { type Anvil, startAnvil } from '../../support/anvil.ts';
import { type AnchoringFixture, openAnchoringFixture } from './anchoring-fixture.ts';
import { observe } from './anchoring-observer.ts';

export interface AnchoringWorld {
  readonly anvil: Anvil;
  readonly fixture: AnchoringFixture;
  readonly see: ReturnType<typeof observe>;
}

/** One chain for all tests of a file, and for each test logs with a database and a contract of their own, which `opened` is given. */
export function anchoringForEachTest(opened: (world: AnchoringWorld) => void | Promise<void>): void {
  let anvil: Anvil;
  let fixture: AnchoringFixture;
  beforeAll(async () => void (anvil = await startAnvil()));
  beforeEach(async () => {
    fixture = await openAnchoringFixture({ anvil });
    await opened({ anvil, fixture, see: observe(fixture, anvil) });
  });
  afterEach(() => fixture.close());
  afterAll(() => anvil.stop());
}
