/* What a hardware wallet says of each call, message and field. Short: its screen is. */

/** What the signature or call does; the second with its values, from the fields of the same format. */
export const intents: Readonly<Record<string, { readonly intent: string; readonly interpolatedIntent?: string }>> = {
  ...calls(['payNative', 'payToken', 'payWithPermit', 'payWithPermit2', 'payWithAuthorization'], {
    intent: 'Pay a provider',
    interpolatedIntent: 'Pay {q.amount}, good until {q.deadline}',
  }),
  payBatch: { intent: 'Pay several invoices' },
  approveMandate: {
    intent: 'Allow recurring payments',
    interpolatedIntent: 'Allow {m.maxPerPeriod} each {m.period}, {m.totalCap} in all, until {m.end}',
  },
  revoke: { intent: 'End recurring payments' },
  revokeBySig: { intent: 'End recurring payments' },
  ...calls(['purchase', 'purchaseWithAuthorization', 'purchaseWithPermit2'], {
    intent: 'Buy, held in escrow',
    interpolatedIntent: 'Pay {o.amount} into escrow; the provider may take it from {o.captureAfter} on',
  }),
  claimRefunds: { intent: 'Send refunds to buyers' },
  claimRefundTo: { intent: 'Take back a payment', interpolatedIntent: 'Take back a payment to {to}' },
  Quote: { intent: 'Sign a quote', interpolatedIntent: 'Quote {amount}, good until {deadline}' },
  Offer: { intent: 'Sign an offer', interpolatedIntent: 'Offer for {amount}, held in escrow, good until {deadline}' },
  Mandate: {
    intent: 'Allow recurring payments',
    interpolatedIntent: 'Allow {maxPerPeriod} each {period}, {totalCap} in all, until {end}',
  },
  Revoke: { intent: 'End recurring payments' },
};

function calls<Words>(names: readonly string[], words: Words): Record<string, Words> {
  return Object.fromEntries(names.map((name) => [name, words]));
}

type Kind = 'tokenAmount' | 'addressName' | 'date' | 'duration' | 'enum' | 'raw';

/** Label and format of a field by its name; `false`: a machine reads it, and it is not shown. */
const words: Readonly<Record<string, readonly [label: string, kind: Kind] | false>> = {
  amount: ['Amount', 'tokenAmount'],
  maxPerPeriod: ['At most, each period', 'tokenAmount'],
  totalCap: ['At most, in all', 'tokenAmount'],
  period: ['Period', 'duration'],
  start: ['From', 'date'],
  end: ['Until', 'date'],
  deadline: ['Good until', 'date'],
  captureAfter: ['Provider may take it from', 'date'],
  reclaimAfter: ['Anyone may return it from', 'date'],
  kind: ['For', 'enum'],
  payer: ['Payer', 'addressName'],
  to: ['To', 'addressName'],
  token: ['Token', 'addressName'],
  providerId: ['Provider', 'raw'],
  eventId: ['Event', 'raw'],
  seq: ['Payment number', 'raw'],
  seqs: ['Payment numbers', 'raw'],
  invoiceRef: ['Reference', 'raw'],
  ref: ['Reference', 'raw'],
  accountRef: ['Account reference', 'raw'],
  mandate: ['Mandate', 'raw'],
  signer: ['Quoted by', 'addressName'],
  // The wallet that signs knows the amount in the token; the fiat of the quote is for the books.
  ...hidden(['currency', 'fiatMinor', 'validAfter', 'salt', 'nonce', 'sig', 'sigs', 'payerSig', 'auth', 'v', 'r', 's']),
};

function hidden(names: readonly string[]): Record<string, false> {
  return Object.fromEntries(names.map((name) => [name, false]));
}

/** How the field at a path is shown; the token of an amount stands beside it. Throws for a field that nobody has found words for. */
export function fieldFormatOf(path: string, paths: readonly string[]): object {
  const name = path
    .replace(/\.\[\]$/, '')
    .split('.')
    .at(-1) as string;
  const known = words[name];
  if (known === undefined) throw new TypeError(`The field ${path} has no words for a wallet.`);
  // The deadline of a permit repeats that of the quote.
  const isRepeated = name === 'deadline' && !path.includes('.') && paths.includes('q.deadline');
  if (known === false || isRepeated) return { path, label: name, format: 'raw', visible: 'never' };
  const [label, format] = known;
  // Most quotes are for whoever pays, and name nobody.
  return { path, label, format, ...paramsOf(path, format), visible: name === 'payer' ? 'optional' : 'always' };
}

function paramsOf(path: string, kind: Kind): object {
  switch (kind) {
    case 'tokenAmount':
      return { params: { tokenPath: path.replace(/[^.]+$/, 'token'), nativeCurrencyAddress: '$.metadata.constants.nativeCoin' } };
    case 'date':
      return { params: { encoding: 'timestamp' } };
    case 'enum':
      return { params: { $ref: '$.metadata.enums.kind' } };
    case 'addressName':
      return { params: { types: path.endsWith('token') ? ['token'] : ['eoa', 'wallet', 'contract'] } };
    default:
      return {};
  }
}
