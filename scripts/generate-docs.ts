// Writes the parts of the documents that are made of the code; with --check, says whether they are in step instead.
import {readFile, writeFile} from 'node:fs/promises';
import {format, resolveConfig} from 'prettier';
import {publishedTables} from '../bench/report/published-tables.ts';
import type {Results} from '../bench/report/results.ts';
import {commandOverview} from '../lib/cli/client/command-overview.ts';
import {settingsTable} from '../lib/config/settings-table.ts';
import {HEALTH_ROUTES, KMS_ROUTES} from '../lib/http/router.ts';
import {KEY_TYPES} from '../lib/keys/key-types.ts';
import {keyFormats} from '../lib/keys/private-key-codec/key-format.ts';
import {API_CONTRACT, type RouteContract} from '../schemas/api-contract.ts';
import {openApiDocument} from '../schemas/openapi.ts';
import type {Difference} from '../test/interop/difference.ts';
import {EXCEPTIONS} from '../test/interop/exceptions.ts';
import {STRICTER} from '../test/interop/stricter.ts';

const ROOT = new URL('../', import.meta.url);

function routeTable(): string {
  const rows = KMS_ROUTES.map(({name, method, path}) => {
    const {summary, action, reply}: RouteContract = API_CONTRACT[name];
    return `| ${method} \`${path}\` | ${summary} | ${action} | ${reply.status} |`;
  });
  return ['| route | what it does | action | success |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function keyTypeTable(): string {
  const codes = (words: readonly string[]) => words.map((word) => `\`${word}\``).join(', ');
  const rows = Object.values(KEY_TYPES).map((type) => {
    const {name, shortName, operations, signatureAlgorithms = [], encryptionAlgorithms = []} = type;
    const short = shortName === undefined ? '' : codes([shortName]);
    const algorithms = codes([...signatureAlgorithms, ...encryptionAlgorithms]);
    return `| ${codes([name])} | ${short} | ${codes(operations)} | ${algorithms} | ${codes(keyFormats(type))} |`;
  });
  const header = '| type | short name | can | `algorithm` | `format` |';
  return [header, '|---|---|---|---|---|', ...rows].join('\n');
}

function differenceTable(differences: Readonly<Record<string, Difference>>): string {
  const rows = Object.entries(differences).map(
    ([id, {what, why}]) => `| ${id.split('.', 1)[0]} | ${what} | ${why} |`,
  );
  return ['| | what | why |', '|---|---|---|', ...rows].join('\n');
}

function differencesPage(): string {
  return `# Where this server and the reference differ

Made of the lists that the differential test (\`test/interop/differential.test.ts\`) checks: it sends the same requests, valid and
mutated, to this server and to the reference (\`webkms-switch\`, \`ezcap-express\`), and fails on any difference that is not here, and
on any line here that it does not find. The first column is the requirement in [authorization.md](authorization.md).

## What the reference accepts and this server refuses

${differenceTable(STRICTER)}

## What the reference refuses and this server accepts

${differenceTable(EXCEPTIONS)}
`;
}

/** Replaces what stands between `<!-- name -->` and `<!-- /name -->`. */
function replacePart(text: string, name: string, content: string): string {
  const part = new RegExp(`(<!-- ${name} -->\n)[^]*?(\n?<!-- /${name} -->)`);
  if (!part.test(text)) throw new Error(`There is no part ${name}.`);
  return text.replace(part, (_, start: string) => `${start}\n${content}\n<!-- /${name} -->`);
}

/** As `npm run format` leaves it. */
async function formatted(name: string, text: string): Promise<string> {
  const filepath = new URL(name, ROOT).pathname;
  return format(text, {...(await resolveConfig(filepath)), filepath});
}

const readme = await readFile(new URL('README.md', ROOT), 'utf8');
const commandLine = await readFile(new URL('docs/command-line.md', ROOT), 'utf8');
const keys = await readFile(new URL('docs/keys.md', ROOT), 'utf8');
const performancePage = await readFile(new URL('docs/performance.md', ROOT), 'utf8');
/** Of the run that `npm run bench -- --publish` kept. */
const results = JSON.parse(await readFile(new URL('docs/performance/results.json', ROOT), 'utf8')) as Results;
const documents: Readonly<Record<string, string>> = {
  'README.md': replacePart(replacePart(readme, 'settings', settingsTable()), 'routes', routeTable()),
  'docs/command-line.md': replacePart(commandLine, 'commands', await commandOverview()),
  'docs/keys.md': await formatted('docs/keys.md', replacePart(keys, 'types', keyTypeTable())),
  'docs/performance.md': await formatted(
    'docs/performance.md',
    replacePart(performancePage, 'results', publishedTables(results)),
  ),
  'docs/stricter.md': differencesPage(),
  'docs/openapi.json': `${JSON.stringify(openApiDocument([...KMS_ROUTES, ...HEALTH_ROUTES]), null, 2)}\n`,
};

const check = process.argv.includes('--check');
for (const [name, content] of Object.entries(documents)) {
  const file = new URL(name, ROOT);
  const current = await readFile(file, 'utf8').catch(() => '');
  if (current === content) continue;
  if (check) {
    console.error(`${name} is not in step with the code: run npm run docs`);
    process.exitCode = 1;
  } else {
    await writeFile(file, content);
    console.log(`wrote ${name}`);
  }
}
