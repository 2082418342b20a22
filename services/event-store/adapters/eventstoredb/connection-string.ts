/** Options of a connection string, lower case without `-` and `_` as the client compares them, with what each takes. */
const options: Readonly<Record<string, RegExp>> = {
  tls: /^(true|false)$/,
  tlscafile: /./,
  usercertfile: /./,
  userkeyfile: /./,
  connectionname: /./,
  defaultdeadline: /^[1-9]\d{0,8}$/,
  nodepreference: /^(leader|follower|read[_-]?only[_-]?replica|random)$/i,
  maxdiscoverattempts: /^[1-9]\d{0,8}$/,
  discoveryinterval: /^[1-9]\d{0,8}$/,
  gossiptimeout: /^[1-9]\d{0,8}$/,
  keepaliveinterval: /^[1-9]\d{4,8}$/,
  keepalivetimeout: /^[1-9]\d{0,8}$/,
};

/** Options that the client knows and that must not be used, with the reason. */
const refused: Readonly<Record<string, string>> = {
  throwonappendfailure: 'must leave out throwOnAppendFailure: without it a conflict would be answered with a wrong revision',
  tlsverifycert: 'must leave out tlsVerifyCert, which has no effect: name the certificate of your authority with tlsCAFile=<path>',
};

const successorSchemes = ['kurrentdb', 'kurrentdb+discover', 'kurrent', 'kurrent+discover', 'kdb', 'kdb+discover'];
const host = /^[A-Za-z0-9_.-]+(:\d{1,5})?$/;

/**
 * What is wrong with the URL of an EventStoreDB, as the rest of a sentence that begins with the name of the setting; undefined when it
 * can be used. Stricter than the client, which only warns of an option it does not know, drops a password without a word where there is no
 * TLS, and takes a path for a second host. The text itself is never repeated: it may hold a password.
 */
export function connectionStringProblem(text: string): string | undefined {
  const [, scheme, rest = ''] = /^([A-Za-z0-9+.-]+):\/\/(.*)$/s.exec(text) ?? [];
  if (scheme !== undefined && successorSchemes.includes(scheme)) {
    return `begins with ${scheme}://, the scheme of the vendor's successor client; this release speaks the older protocol of the same servers: write esdb:// or esdb+discover://`;
  }
  if (scheme !== 'esdb' && scheme !== 'esdb+discover') return 'takes a URL that begins with esdb:// or esdb+discover://';
  const [, credentials, hosts = '', query = ''] = /^(?:([^@/?]*)@)?([^/?]*)\/?(?:\?(.*))?$/s.exec(rest) ?? [];
  if (hosts === '') return 'takes a URL without a path: esdb://<host>:<port>?<options>';
  if (!hosts.split(',').every((each) => host.test(each))) return 'takes hosts as <name>:<port>, several with commas between them';
  const problem = optionsProblem(query);
  if (problem !== undefined) return problem;
  if (credentials === undefined) return undefined;
  if (!/^[^:]+:[^:]+$/.test(credentials) || !isDecodable(credentials)) return 'takes <user>:<password>, each percent-encoded, before the @';
  if (/(^|&)\s*tls=false(&|$)/i.test(query)) return 'names a user, but tls=false: a password is sent over TLS only';
  return undefined;
}

function optionsProblem(query: string): string | undefined {
  if (query === '') return undefined;
  for (const pair of query.split('&')) {
    const [name = '', value = ''] = pair.split('=');
    const key = name.toLowerCase().replace(/[_-]/g, '');
    if (Object.hasOwn(refused, key)) return refused[key];
    const takes = Object.hasOwn(options, key) ? options[key] : undefined;
    if (takes === undefined) return `has an option that is not known; known are ${Object.keys(options).join(', ')}`;
    if (!takes.test(value) || !isDecodable(value)) return `has a wrong value for the option ${name}`;
  }
  return undefined;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** The same connection string under a name that the server shows in its statistics, unless the user gave one. */
export function withConnectionName(url: string, name: string): string {
  if (/[?&]connection[_-]?name=/i.test(url)) return url;
  return `${url.replace(/\/+$/, '')}${url.includes('?') ? '&' : '?'}connectionName=${encodeURIComponent(name)}`;
}
