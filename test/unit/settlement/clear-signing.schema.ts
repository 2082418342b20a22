/*
 * What ERC-7730 states of a descriptor, as far as ours goes: its parts, how formats are keyed, which formats there are and what each of them
 * has to be told. Stricter than the standard: every field has a label and says whether it is shown.
 */

const param = String.raw`(?:tuple)?(?:[a-z][a-z0-9]*|\((?:[^()]|\([^()]*\))*\))(?:\[[0-9]*\])*\s+[A-Za-z_][A-Za-z0-9_]*`;
const key = String.raw`^[A-Za-z_][A-Za-z0-9_]*\((?:${param}(?:,\s*${param})*)?\)$`;
const text = { type: 'string', minLength: 1 };
const path = { type: 'string', pattern: String.raw`^(?:[A-Za-z_][A-Za-z0-9_]*|\[\])(?:\.(?:[A-Za-z_][A-Za-z0-9_]*|\[\]))*$` };

function object(properties: object, required: readonly string[] = Object.keys(properties)): object {
  return { type: 'object', properties, required, additionalProperties: false };
}

function formatWith(format: string, params: object | undefined): object {
  return {
    if: { properties: { format: { const: format } } },
    then: params === undefined ? { not: { required: ['params'] } } : { properties: { params }, required: ['params'] },
  };
}

const deployments = {
  type: 'array',
  minItems: 1,
  items: object({ chainId: { type: 'integer', minimum: 1 }, address: { type: 'string', pattern: '^0x[0-9a-fA-F]{40}$' } }),
};

const field = {
  type: 'object',
  properties: {
    ...{ path, label: text, params: { type: 'object' } },
    format: { enum: ['raw', 'addressName', 'amount', 'tokenAmount', 'date', 'duration', 'enum'] },
    visible: { enum: ['always', 'never', 'optional'] },
  },
  required: ['path', 'label', 'format', 'visible'],
  additionalProperties: false,
  allOf: [
    formatWith('raw', undefined),
    formatWith('duration', undefined),
    formatWith('tokenAmount', object({ tokenPath: path, nativeCurrencyAddress: { const: '$.metadata.constants.nativeCoin' } })),
    formatWith('date', object({ encoding: { enum: ['timestamp', 'blockheight'] } })),
    formatWith('enum', object({ $ref: { type: 'string', pattern: String.raw`^\$\.metadata\.enums\.[a-z]+$` } })),
    formatWith('addressName', object({ types: { type: 'array', items: { enum: ['wallet', 'eoa', 'contract', 'token', 'collection'] } } })),
  ],
};

export const descriptorSchema = object({
  $schema: text,
  context: {
    oneOf: [
      object({ $id: text, contract: object({ deployments }) }),
      object({ eip712: object({ deployments, domain: object({ name: text, version: text }) }) }),
    ],
  },
  metadata: object({
    ...{ owner: text, contractName: text },
    constants: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean', 'null'] } },
    enums: { type: 'object', additionalProperties: { type: 'object', additionalProperties: text } },
  }),
  display: object({
    formats: {
      ...{ type: 'object', minProperties: 1, propertyNames: { pattern: key } },
      additionalProperties: object({ intent: text, interpolatedIntent: text, fields: { type: 'array', minItems: 1, items: field } }, [
        'intent',
        'fields',
      ]),
    },
  }),
});
