import tseslint from 'typescript-eslint';
import importX from 'eslint-plugin-import-x';
import {createTypeScriptImportResolver} from 'eslint-import-resolver-typescript';

/** The layers of docs: what each folder of lib may not import. Mirrors the "Layers" section of docs/design.md. */
const zone = (target, from, message) => ({
  target: `./lib/${target}`,
  from: from.map((f) => `./lib/${f}`),
  message,
});
const BACKENDS = ['storage/sqlite', 'key-modules/software', 'sealing/wrappers'];

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
    plugins: {'import-x': importX},
    settings: {'import-x/resolver-next': [createTypeScriptImportResolver()]},
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', {fixStyle: 'inline-type-imports'}],
      '@typescript-eslint/restrict-template-expressions': ['error', {allowNumber: true}],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', {ignoreArrowShorthand: true}],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/dot-notation': 'off',
      '@typescript-eslint/consistent-type-definitions': 'off',
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      'import-x/no-restricted-paths': [
        'error',
        {
          zones: [
            {target: './lib', from: ['./test', './examples', './scripts'], message: 'lib stands alone.'},
            {
              target: ['./lib/errors.ts', './schemas', './lib/encoding'],
              from: './lib',
              except: ['./errors.ts', './encoding'],
              message: 'A leaf: errors, schemas and encoding import nothing else of lib.',
            },
            zone(
              'zcap',
              ['http', 'operations', 'app.ts', 'cli', 'config', 'key-modules', 'sealing', ...BACKENDS],
              'zcap knows requests and capabilities only.',
            ),
            zone(
              'operations',
              ['http', 'app.ts', 'cli', 'config', 'sealing', ...BACKENDS],
              'operations know keys, key modules and stores by their interfaces.',
            ),
            zone(
              'keys',
              ['http', 'zcap', 'operations', 'app.ts', 'cli', 'config', 'sealing', ...BACKENDS],
              'keys are plain data.',
            ),
            zone(
              'key-modules',
              ['http', 'zcap', 'operations', 'app.ts', 'cli', 'config', 'storage/sqlite', 'sealing/wrappers'],
              'key modules know sealing and stores by their interfaces.',
            ),
            zone(
              'sealing',
              [
                'http',
                'zcap',
                'operations',
                'app.ts',
                'cli',
                'config',
                'keys',
                'key-modules',
                'storage/sqlite',
              ],
              'sealing knows the hierarchy store by its interface.',
            ),
            zone(
              'storage',
              ['http', 'zcap', 'operations', 'app.ts', 'cli', 'config', 'sealing', 'key-modules'],
              'a backend knows the store interfaces only.',
            ),
            zone(
              'http',
              ['app.ts', 'cli', 'sealing', ...BACKENDS],
              'http knows operations, zcap and store interfaces.',
            ),
            zone(
              'observability',
              ['http', 'zcap', 'operations', 'app.ts', 'cli', 'storage', 'sealing', 'key-modules'],
              'observability is told, it does not ask.',
            ),
          ],
        },
      ],
      'no-restricted-imports': [
        'error',
        {paths: [{name: 'express', message: 'Only lib/http imports Express.'}]},
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[object.name='process'][property.name='env']",
          message: 'Only lib/config reads the environment.',
        },
      ],
    },
  },
  // Declarations of packages that have none: what they are is theirs.
  {
    files: ['types/**'],
    rules: {
      'import-x/no-default-export': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/unified-signatures': 'off',
    },
  },
  {files: ['lib/http/**'], rules: {'no-restricted-imports': 'off'}},
  {
    files: ['lib/config/**', 'test/**', 'examples/**', 'scripts/**', 'bin/**'],
    rules: {'no-restricted-syntax': 'off', 'no-restricted-imports': 'off'},
  },
  {
    files: ['test/**'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'import-x/no-cycle': 'off',
    },
  },
  {
    files: ['eslint.config.js', 'test/reporter.cjs', 'bin/**'],
    ...tseslint.configs.disableTypeChecked,
    rules: {
      ...tseslint.configs.disableTypeChecked.rules,
      'import-x/no-default-export': 'off',
      '@typescript-eslint/no-require-imports': 'off',
      'no-restricted-syntax': 'off',
    },
  },
);
