import { hash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { account } from '../../../services/accounts/domain/account.ts';
import { knownEventOf } from '../../../services/commands/application/live-aggregate.ts';
import type { Aggregate, DomainEvent } from '../../../services/commands/domain/aggregate.ts';
import { stateText } from '../../../services/commands/domain/state-text.ts';
import { series } from '../../../services/invoicing/domain/series.ts';
import { creditHolding } from '../../../services/settlement/domain/credit-holding.ts';
import { mandatePlaces } from '../../../services/settlement/domain/mandate-places.ts';
import { slotRegister } from '../../../services/settlement/domain/slot-register.ts';
import { goldenStreams } from '../../support/golden-events.ts';

/** Digest of all states on the way through the golden streams of one kind. */
function statesOf<State, Event extends DomainEvent>(aggregate: Aggregate<State, Event>, kind: string): string {
  const states: string[] = [];
  for (const [stream, events] of [...goldenStreams()].filter(([name]) => name.startsWith(`demo.${kind}-`)).toSorted()) {
    let state = aggregate.initial;
    for (const { stored } of events) {
      state = aggregate.evolve(state, { event: knownEventOf(aggregate, stored).event, id: stored.id, revision: stored.revision });
      states.push(`${stream}@${stored.revision} ${stateText(state)}`);
    }
  }
  return hash('sha256', states.join('\n'), 'hex').slice(0, 16);
}

describe('the version of an aggregate with snapshots', () => {
  /*
   * A digest that changed means that the same events make another state now. Then raise `version` in the aggregate, so that no snapshot of
   * the older code is read, and write the new digest here.
   */
  it('is raised whenever its events come to another state', () =>
    expect({
      [`account/${account.version}`]: statesOf(account, 'account'),
      [`creditHolding/${creditHolding.version}`]: statesOf(creditHolding, 'creditHolding'),
      [`mandatePlaces/${mandatePlaces.version}`]: statesOf(mandatePlaces, 'mandatePlaces'),
      [`series/${series.version}`]: statesOf(series, 'series'),
      [`slots/${slotRegister.version}`]: statesOf(slotRegister, 'slots'),
    }).toEqual({
      'account/9': 'c72aae86e6a071f6',
      'creditHolding/1': '5abe36bd879ae944',
      'mandatePlaces/1': 'c77b3e9878908509',
      'series/1': '973aba3083350d59',
      'slots/2': '7c5b1ac3ce4a56ba',
    }));
});
