import tseslint from 'typescript-eslint';

/** The folders of lib, and what of them only the composition root knows. */
const PARTS = (
  'admin backup cli client config encoding http integrity ipc isolation key-module-suite key-modules keys maintenance moving ' +
  'observability operations pkcs11 processes rpc sealing self-check storage validation zcap'
).split(' ');
const BACKENDS = [
  'storage/sqlite',
  'storage/postgres',
  'storage/mongodb',
  'key-modules/software',
  'key-modules/pkcs11',
  'sealing/wrappers',
];
/** Modules of lib itself that compose others. */
const COMPOSED = [
  'app',
  'background-work',
  'client-api',
  'housekeeping',
  'index',
  'isolated-keys',
  'key-management',
  'local-sockets',
  'node-id',
  'key-module-api',
  'open-key-modules',
  'open-moved-store',
  'open-stores',
  'process-role',
  'sealing-api',
  'served-keys',
  'start-notices',
];

/** The layers: what each part of lib may import besides errors.ts and encoding, and why no more. Mirrors "Layers" of docs/design.md. */
const LAYERS = [
  {part: 'encoding', may: [], why: 'encodings are a leaf.'},
  {part: 'validation', may: [], why: 'validation knows schemas only.'},
  {part: 'config', may: [], why: 'settings are plain data.'},
  {part: 'self-check', may: [], why: 'what looks at all files needs few of them.'},
  {part: 'observability', may: [], why: 'observability is told, it does not ask.'},
  {part: 'rpc', may: [], why: 'calls are carried, whatever they ask for.'},
  {
    part: 'storage',
    may: ['storage/sqlite', 'storage/postgres', 'storage/mongodb'],
    why: 'a backend knows the store interfaces only.',
  },
  {part: 'zcap', may: ['storage'], why: 'zcap knows requests and capabilities only.'},
  {part: 'keys', may: ['storage'], why: 'keys are plain data.'},
  {
    part: 'key-modules',
    may: ['keys', 'pkcs11', 'sealing', 'storage', 'key-modules/software', 'key-modules/pkcs11'],
    why: 'key modules know sealing and stores by their interfaces.',
  },
  {
    part: 'pkcs11',
    may: ['sealing', 'sealing/wrappers'],
    why: 'a token is a token, whoever uses it; its PIN is in a private file as roots’ secrets are.',
  },
  {
    part: 'key-module-suite',
    may: ['keys', 'key-modules', 'storage'],
    why: 'the suite knows key modules by their interface.',
  },
  {
    part: 'operations',
    may: ['keys', 'key-modules', 'sealing', 'storage', 'validation'],
    why: 'operations know keys, key modules, sealing and stores by their interfaces.',
  },
  {
    part: 'sealing',
    may: ['pkcs11', 'storage', 'sealing/wrappers'],
    why: 'sealing knows the hierarchy store by its interface, and the tokens that hold roots.',
  },
  {
    part: 'integrity',
    may: ['keys', 'key-modules', 'sealing', 'storage'],
    why: 'integrity knows stores, sealing and key modules by their interfaces.',
  },
  {
    part: 'maintenance',
    may: ['integrity', 'keys', 'key-modules', 'sealing', 'storage'],
    why: 'maintenance knows keys, key modules, sealing and stores by their interfaces.',
  },
  {
    part: 'backup',
    may: ['sealing', 'storage', 'sealing/wrappers'],
    why: 'backups know sealing, and stores by their interfaces.',
  },
  {
    part: 'moving',
    may: ['maintenance', 'storage'],
    why: 'a move knows stores by their interfaces, and who uses them.',
  },
  {
    part: 'http',
    may: ['keys', 'observability', 'operations', 'storage', 'validation', 'zcap'],
    why: 'http knows zcap, operations and store interfaces.',
  },
  {
    part: 'processes',
    may: ['config', 'http', 'observability', 'sealing'],
    why: 'processes know what they share: settings, rates, metrics, open roots.',
  },
  {
    part: 'isolation',
    may: [
      'admin',
      'backup',
      'config',
      'integrity',
      'key-modules',
      'keys',
      'maintenance',
      'observability',
      'operations',
      'processes',
      'rpc',
      'sealing',
      'self-check',
      'storage',
    ],
    modules: ['background-work', 'key-management', 'node-id'],
    why: 'the key process is composed of key management, and knows no requests.',
  },
  {
    part: 'ipc',
    may: ['admin', 'keys', 'observability', 'operations', 'rpc', 'sealing', 'storage', 'validation', 'zcap'],
    why: 'IPC is another way to operations, and speaks as processes of a server do.',
  },
  {
    part: 'admin',
    // Its own folder of operations; lib/operations is refused below.
    may: [
      'backup',
      'config',
      'integrity',
      'key-modules',
      'maintenance',
      'operations',
      'processes',
      'sealing',
      'self-check',
      'storage',
    ],
    modules: ['key-management', 'node-id'],
    // lib/operations, as lib/admin and lib/admin/operations see it.
    never: ['^(?:\\.\\./){1,2}operations/'],
    why: 'operators work on key management, whoever composed it.',
  },
  {
    part: 'client',
    may: [
      'admin',
      'config',
      'ipc',
      'key-modules',
      'key-modules/software',
      'keys',
      'observability',
      'operations',
      'rpc',
      'sealing',
      'storage',
      'validation',
    ],
    modules: ['background-work', 'key-management'],
    why: 'the client library speaks the wire; a local one is composed of what the server is.',
  },
  {
    part: 'cli',
    may: [
      'admin',
      'backup',
      'client',
      'config',
      'ipc',
      'isolation',
      'keys',
      'maintenance',
      'moving',
      'observability',
      'processes',
      'sealing',
      'sealing/wrappers',
      'self-check',
    ],
    modules: ['app', 'key-management', 'node-id', 'open-moved-store'],
    why: 'the command knows the server, operators’ operations, clients and settings.',
  },
  {
    file: 'lib/background-work.ts',
    may: ['maintenance'],
    modules: ['key-management'],
    why: 'it starts what others do.',
  },
  {file: 'lib/node-id.ts', may: [], why: 'it reads one file.'},
  {file: 'lib/housekeeping.ts', may: ['storage', 'zcap'], why: 'it knows the store interfaces only.'},
];

const EXPRESS = {name: 'express', message: 'Only lib/http imports Express.'};
const OUTSIDE = {regex: '(?:^|/)(?:test|examples|scripts|bench)/', message: 'lib stands alone.'};

/** The first name in a relative path is the folder that it goes to. */
const layer = ({part, file, may, modules = [], never = [], why}) => {
  const parts = PARTS.filter((name) => name !== part && name !== 'encoding' && !may.includes(name));
  const not = [...parts, ...BACKENDS.filter((name) => !may.includes(name))];
  const composed = COMPOSED.filter((name) => !modules.includes(name));
  return {
    files: [file ?? `lib/${part}/**`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: part === 'http' ? [] : [EXPRESS],
          patterns: [
            OUTSIDE,
            {regex: `^(?:\\.\\.?/)+(?:${composed.join('|')})\\.ts$`, message: why},
            {regex: `^(?:\\.\\.?/)+(?:${not.join('|')})/`, message: why},
            ...never.map((regex) => ({regex, message: why})),
          ],
        },
      ],
    },
  };
};

export default tseslint.config(
  {ignores: ['dist/', 'coverage/', 'node_modules/']},
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: {allowDefaultProject: ['eslint.config.js', 'bin/webkms.js', 'test/reporter.cjs']},
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      // Where only types are stripped, `import {type X}` still loads the module.
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', {allowNumber: true}],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', {ignoreArrowShorthand: true}],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/dot-notation': 'off',
      '@typescript-eslint/consistent-type-definitions': 'off',
      'no-restricted-imports': ['error', {paths: [EXPRESS]}],
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[object.name='process'][property.name='env']",
          message: 'Only lib/config reads the environment.',
        },
        {selector: 'ExportDefaultDeclaration', message: 'Prefer named exports.'},
      ],
    },
  },
  ...LAYERS.map(layer),
  {
    files: ['lib/errors.ts', 'lib/kms-error.ts', 'lib/reasoned-error.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(?!\\./kms-error\\.ts$)\\.',
              message: 'errors import nothing but what they have in common.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['schemas/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {patterns: [{regex: '/lib/', message: 'schemas import nothing of lib.'}]},
      ],
    },
  },
  {
    files: [
      'lib/config/**',
      'test/**',
      'examples/**',
      'scripts/**',
      'bench/**',
      'bin/**',
      'types/**',
      '*.js',
    ],
    rules: {'no-restricted-syntax': 'off'},
  },
  // What is measured beside the server is made of what the server is made of.
  {files: ['bench/servers/**'], rules: {'no-restricted-imports': 'off'}},
  // Declarations of packages that have none: what they are is theirs.
  {
    files: ['types/**'],
    rules: {
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/unified-signatures': 'off',
    },
  },
  // Tests, that authors of key modules run, too.
  {
    files: ['lib/key-module-suite/**'],
    rules: {'@typescript-eslint/no-unused-expressions': 'off'},
  },
  {
    files: ['test/**'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-imports': 'off',
    },
  },
  {
    files: ['eslint.config.js', 'test/reporter.cjs', 'bin/**'],
    ...tseslint.configs.disableTypeChecked,
    rules: {
      ...tseslint.configs.disableTypeChecked.rules,
      '@typescript-eslint/no-require-imports': 'off',
      'no-restricted-syntax': 'off',
    },
  },
);
