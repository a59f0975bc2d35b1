// Floors, lowest first: a file imports from its own folder and from lower floors, never upwards (docs/architecture.md).
const floors = [
  ['wire'],
  ['trace'],
  ['netns', 'controlplane'],
  ['cni', 'kubeproxy', 'netpol', 'dns', 'ingress', 'loadbalancer'],
  ['cluster'],
  ['probe'],
  ['report', 'export'],
  ['api'],
  ['server'],
  ['cli'],
]
const upward = floors.flatMap((folders, floor) =>
  folders.map(folder => {
    const allowed = [folder, ...floors.slice(0, floor).flat()].join('|')
    return {
      name: `floor-${floor}-${folder}`,
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: { path: '^src/', pathNot: `^src/(${allowed})/|^src/errors[.]ts$` },
    }
  }),
)
module.exports = {
  forbidden: [
    ...upward,
    {
      name: 'no-cycles',
      severity: 'error',
      from: { path: '^src' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-node-builtins-below-floor-6',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(server|cli)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'src-does-not-import-tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|viz)/' },
    },
    {
      name: 'the-page-asks-the-engine-through-operations',
      comment: 'the page knows types, and how a workload is named; only its worker runs the engine',
      severity: 'error',
      from: { path: '^viz/', pathNot: '^viz/engine/worker[.]ts$' },
      to: { path: '^src/', pathNot: '^src/probe/policy/workload-of[.]ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'the-worker-uses-the-api',
      severity: 'error',
      from: { path: '^viz/engine/worker[.]ts$' },
      to: { path: '^src/', pathNot: '^src/(api/|errors[.]ts$)' },
    },
    {
      name: 'layouts-know-no-page',
      comment: 'pure functions, for pictures and files alike',
      severity: 'error',
      from: { path: '^viz/layout/' },
      to: { path: '^viz/', pathNot: '^viz/layout/' },
    },
  ],
  options: {
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
}
