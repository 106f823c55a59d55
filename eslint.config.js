import tseslint from 'typescript-eslint';

const BACKENDS = ['storage/sqlite', 'key-modules/software', 'sealing/wrappers'];
/** What nothing imports but the composition root and the command. */
const TOP = ['cli', 'config', 'http', 'admin'];

/** The layers: what each part of lib may not import, and why. Mirrors "Layers" of docs/design.md. */
const LAYERS = [
  {
    part: 'zcap',
    not: [...TOP, 'operations', 'key-modules', 'keys', 'sealing', ...BACKENDS],
    why: 'zcap knows requests and capabilities only.',
  },
  {
    part: 'operations',
    not: [...TOP, 'zcap', 'sealing', ...BACKENDS],
    why: 'operations know keys, key modules and stores by their interfaces.',
  },
  {
    part: 'keys',
    not: [...TOP, 'zcap', 'operations', 'key-modules', 'sealing', ...BACKENDS],
    why: 'keys are plain data.',
  },
  {
    part: 'key-modules',
    not: [...TOP, 'zcap', 'operations', 'storage/sqlite', 'sealing/wrappers'],
    why: 'key modules know sealing and stores by their interfaces.',
  },
  {
    part: 'sealing',
    not: [...TOP, 'zcap', 'operations', 'keys', 'key-modules', 'storage/sqlite'],
    why: 'sealing knows the hierarchy store by its interface.',
  },
  {
    part: 'integrity',
    not: [...TOP, 'zcap', 'operations', 'admin', ...BACKENDS],
    why: 'integrity knows stores, sealing and key modules by their interfaces.',
  },
  {
    part: 'storage',
    not: [...TOP, 'zcap', 'operations', 'sealing', 'keys', 'key-modules'],
    why: 'a backend knows the store interfaces only.',
  },
  {
    part: 'maintenance',
    not: [...TOP, 'admin', 'zcap', 'operations', ...BACKENDS],
    why: 'maintenance knows keys, key modules, sealing and stores by their interfaces.',
  },
  {
    part: 'http',
    not: ['cli', 'config', 'admin', 'sealing', ...BACKENDS],
    why: 'http knows zcap, operations and store interfaces.',
  },
  {
    part: 'admin',
    // Not lib/operations either; but its own folder has that name too.
    not: ['cli', 'http', 'zcap', ...BACKENDS],
    why: 'operators work on key management, whoever composed it.',
  },
  {
    part: 'backup',
    not: [...TOP, 'admin', 'zcap', 'operations', 'keys', 'key-modules', 'storage/sqlite'],
    why: 'backups know sealing, and stores by their interfaces.',
  },
  {
    part: 'observability',
    not: [...TOP, 'zcap', 'operations', 'storage', 'sealing', 'keys', 'key-modules'],
    why: 'observability is told, it does not ask.',
  },
  {
    part: 'config',
    not: ['cli', 'http', 'admin', 'zcap', 'operations', 'storage', 'sealing', 'keys', 'key-modules'],
    why: 'settings are plain data.',
  },
  {
    part: 'encoding',
    not: [...TOP, 'zcap', 'operations', 'storage', 'sealing', 'keys', 'key-modules', 'observability'],
    why: 'encodings are a leaf.',
  },
];

const EXPRESS = {name: 'express', message: 'Only lib/http imports Express.'};
const OUTSIDE = {regex: '(?:^|/)(?:test|examples|scripts|bench)/', message: 'lib stands alone.'};
const APP = {
  regex: '(?:^|/)app\\.ts$',
  message: 'Only the command and the public API import the composition root.',
};

/** Relative paths always name the folder that they go to; `schemas/operations/` is not `lib/operations/`. */
const layer = ({part, not, why}) => ({
  files: [`lib/${part}/**`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        paths: part === 'http' ? [] : [EXPRESS],
        patterns: [
          OUTSIDE,
          APP,
          {regex: `^\\.\\.?/(?!.*schemas/)(?:.*/)?(?:${not.join('|')})/`, message: why},
        ],
      },
    ],
  },
});

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
    files: ['lib/errors.ts'],
    rules: {
      'no-restricted-imports': ['error', {patterns: [{regex: '^\\.', message: 'errors import nothing.'}]}],
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
  // Declarations of packages that have none: what they are is theirs.
  {
    files: ['types/**'],
    rules: {
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/unified-signatures': 'off',
    },
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
