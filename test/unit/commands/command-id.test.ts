import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { v5 } from 'uuid';
import { commandIdOf, createdIdOf, createdOnAccountIdOf, eventIdOf } from '../../../services/commands/application/command-id.ts';
import { uuidv5 } from '../../../services/commands/application/uuid-v5.ts';
import { isPrefixedId } from '../../../services/commands/domain/prefixed-id.ts';

describe('uuidv5', () => {
  it('is what the uuid package makes of the same name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.uuid(), (name, namespace) => expect(uuidv5(name, namespace)).toBe(v5(name, namespace))),
    );
  });
});

describe('ids', () => {
  const command = commandIdOf({ provider: 'demo', principal: 'key_1', key: 'a' });

  it('are the same for the same caller and key, for ever', () => {
    expect(command).toBe(v5('tallyroot:command:1\ndemo\nkey_1\na', v5.URL));
    expect(eventIdOf(command, 'demo.account-1', 0)).toBe(v5('demo.account-1\n0', command));
    expect(createdIdOf(command, 'acc_')).toBe(`acc_${v5('acc_', command)}`);
  });

  it('of what two accounts bring about under one key differ', () => {
    expect(createdOnAccountIdOf(command, 'inv_', 'acc_1')).toBe(`inv_${v5('inv_\nacc_1', command)}`);
    expect(createdOnAccountIdOf(command, 'inv_', 'acc_2')).not.toBe(createdOnAccountIdOf(command, 'inv_', 'acc_1'));
  });

  it('carry a prefix that is checked', () => {
    expect(isPrefixedId(createdIdOf(command, 'acc_'), 'acc_')).toBe(true);
    expect(isPrefixedId(createdIdOf(command, 'acc_'), 'inv_')).toBe(false);
  });
});
