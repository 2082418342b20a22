/* Import directions of the house: domain <- application <- adapters <- main. */
const capability = '^services/([^/]+)/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Two modules that import each other are one module.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'domain-is-pure',
      severity: 'error',
      comment: 'No framework, driver, clock or randomness: what a domain needs comes in through its arguments.',
      from: { path: '^services/([^/]+/domain|money)/' },
      to: {
        dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer'],
        pathNot: '^(node:)?crypto$|^node_modules/(uuid|ethers)/',
      },
    },
    {
      name: 'hashing-belongs-to-integrity',
      severity: 'error',
      comment: 'Hashing is pure, and it is what the domain of integrity is about; ids are derived by hashing.',
      from: { path: '^services/([^/]+/domain|money)/', pathNot: '^services/(integrity|commands)/domain/' },
      to: { path: '^(node:)?crypto$' },
    },
    {
      name: 'encodings-of-the-chain-belong-to-settlement',
      severity: 'error',
      comment: 'How a quote is hashed and encoded is a matter of its domain, and pure. Nodes, keys and transactions stay outside.',
      from: { path: '^services/([^/]+/domain|money)/', pathNot: '^services/settlement/domain/' },
      to: { path: '^node_modules/ethers/' },
    },
    {
      name: 'domain-imports-domain',
      severity: 'error',
      from: { path: '^services/([^/]+/domain|money)/' },
      to: { path: '^(services/[^/]+/(application|adapters)|services/(http|main|read-store)|projections)/' },
    },
    {
      name: 'application-imports-no-adapter',
      severity: 'error',
      from: { path: '^services/[^/]+/application/' },
      to: { path: '^services/([^/]+/adapters|main)/' },
    },
    {
      name: 'adapters-stay-at-home',
      severity: 'error',
      comment: "A capability's adapters are its own affair; others use its ports.",
      from: { path: `${capability}.+`, pathNot: '^services/main/' },
      to: { path: '^services/([^/]+)/adapters/', pathNot: ['^services/$1/', '^services/access/adapters/http/principal\\.decorator\\.ts$'] },
    },
    {
      name: 'nothing-imports-main',
      severity: 'error',
      from: { path: '^(services|projections)/', pathNot: '^services/main/' },
      to: { path: '^services/main/' },
    },
    {
      name: 'no-service-imports-a-projection',
      severity: 'error',
      from: { path: '^services/', pathNot: '^services/main/' },
      to: { path: '^projections/' },
    },
    {
      name: 'projections-import-facts-and-ports',
      severity: 'error',
      comment: 'Event types, query ports, money, the read store, http (with the principal of a request) and the event-store port.',
      from: { path: '^projections/' },
      to: {
        path: '^services/',
        pathNot:
          '^services/(money/|read-store/|http/|event-store/domain/|[^/]+/domain/|[^/]+/application/|access/adapters/http/principal\\.decorator\\.ts$)',
      },
    },
    {
      name: 'verifier-is-independent',
      severity: 'error',
      from: { path: '^verifier/' },
      to: { path: '^(services|projections|bench|contracts)/' },
    },
    { name: 'nothing-imports-the-verifier', severity: 'error', from: { path: '^(services|projections)/' }, to: { path: '^verifier/' } },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      from: { path: '^(services|projections|verifier)/' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'no-development-packages',
      severity: 'error',
      from: { path: '^(services|projections|verifier)/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|artifacts|cache)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
