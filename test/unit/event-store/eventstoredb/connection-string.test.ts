import { describe, expect, it } from '@jest/globals';
import { EventStoreDBClient } from '@eventstore/db-client';
import { connectionStringProblem, withConnectionName } from '../../../../services/event-store/adapters/eventstoredb/connection-string.ts';

describe('the URL of an EventStoreDB', () => {
  it.each([
    'esdb://localhost',
    'esdb://localhost:2113?tls=false',
    'esdb://a:2113,b:2113,c:2113?nodePreference=leader&maxDiscoverAttempts=3',
    'esdb+discover://cluster.example:2113?tlsCAFile=%2Fetc%2Fca.pem',
    'esdb://admin:change%21it@store.example:2113?keepAliveInterval=10000&connection_name=ledger',
    'esdb://127.0.0.1:2113/?tls=false',
  ])('is taken: %s', (url) => {
    expect(connectionStringProblem(url)).toBeUndefined();
  });

  it.each([
    ['postgres://localhost', 'takes a URL that begins with esdb://'],
    ['http://localhost:2113', 'takes a URL that begins with esdb://'],
    ['localhost:2113', 'takes a URL that begins with esdb://'],
    ['kurrentdb://localhost:2113', "the vendor's successor"],
    ['kurrentdb+discover://localhost:2113', "the vendor's successor"],
    ['esdb://', 'without a path'],
    ['esdb://localhost/db', 'without a path'],
    ['esdb://[::1]:2113', 'takes hosts as <name>:<port>'],
    ['esdb://localhost:port', 'takes hosts as <name>:<port>'],
    ['esdb://localhost?tsl=false', 'an option that is not known'],
    ['esdb://localhost?tls=no', 'a wrong value for the option tls'],
    ['esdb://localhost?keepAliveInterval=-1', 'a wrong value for the option keepAliveInterval'],
    ['esdb://localhost?tlsCAFile=%zz', 'a wrong value for the option tlsCAFile'],
    ['esdb://localhost?tlsVerifyCert=false', 'tlsVerifyCert, which has no effect'],
    ['esdb://localhost?throw_on_append_failure=false', 'throwOnAppendFailure'],
    ['esdb://admin:secret@localhost?tls=false', 'a password is sent over TLS only'],
    ['esdb://admin@localhost', 'takes <user>:<password>'],
  ])('is refused: %s', (url, problem) => {
    expect(connectionStringProblem(url)).toContain(problem);
    expect(connectionStringProblem(url)).not.toContain('secret');
  });

  it('is one that the client takes too, without a warning and with the name of the connection', () => {
    for (const url of ['esdb://localhost:2113?tls=false', 'esdb://localhost', 'esdb://u:p@a,b/?nodePreference=follower']) {
      expect(EventStoreDBClient.connectionString(withConnectionName(url, 'tallyroot reads')).connectionName).toBe('tallyroot reads');
    }
    const named = withConnectionName('esdb://localhost?ConnectionName=mine', 'tallyroot reads');
    expect(EventStoreDBClient.connectionString(named).connectionName).toBe('mine');
  });
});
