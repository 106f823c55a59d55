import {readFileSync} from 'node:fs';
import {parseEnv} from 'node:util';
import {errorCode} from '../error-code.ts';
import {CLIENT_VARIABLES} from './client-environment.ts';
import {closestWord} from './closest-word.ts';
import {SECRET_VARIABLES} from './environment-secrets.ts';
import {SettingsError, type SettingProblem} from './settings-error.ts';
import {SETTINGS, type ParsedSettings, type Variable} from './settings-schema.ts';
import {crossCheck, deriveSettings, type Settings} from './settings.ts';

/** What is no such line would not be read, and a default would be used in silence. */
const LINE = /^\s*(?:#.*|(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*\s*=.*)?$/;

type Environment = Readonly<Record<string, string | undefined>>;

export interface LoadSettingsOptions {
  /** Path of a file of `NAME=value` lines; what the environment says goes before it. */
  readonly configFile?: string | undefined;
  /** The environment of the process, unless told otherwise. */
  readonly environment?: Environment | undefined;
}

/**
 * What the file and the environment say, for another process to load the same settings from, as its environment, whatever
 * becomes of the file meanwhile. No secrets, but those that a setting itself may hold.
 */
export function readSettingTexts({configFile, environment = process.env}: LoadSettingsOptions = {}): Readonly<
  Record<string, string>
> {
  const given = {
    ...(configFile === undefined ? {} : readConfigFile(configFile)),
    ...withoutEmpty(environment),
  };
  return Object.fromEntries(
    Object.keys(SETTINGS).flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])),
  );
}

/**
 * Reads the settings, once: nothing else reads the environment.
 *
 * @throws SettingsError with all that is wrong
 */
export function loadSettings({configFile, environment = process.env}: LoadSettingsOptions = {}): Settings {
  const inFile = configFile === undefined ? {} : readConfigFile(configFile);
  const given = {...inFile, ...withoutEmpty(environment)};
  const unknown = [
    ...findStrangers(inFile),
    ...findSecrets(inFile),
    ...findPassword(inFile),
    ...findClients(inFile),
    ...findUnknown(given),
  ];
  const {parsed, problems} = parseEach(given);
  if (parsed === undefined) throw new SettingsError([...unknown, ...problems]);
  const all = [...unknown, ...crossCheck(parsed)];
  if (all.length > 0) throw new SettingsError(all);
  return deriveSettings(parsed);
}

function readConfigFile(path: string): Environment {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = errorCode(error) ?? 'error';
    throw new SettingsError([{variable: '--config', problem: `names a file that cannot be read (${code})`}]);
  }
  const malformed = text.split(/\r?\n/).flatMap((line, index) => (LINE.test(line) ? [] : [index + 1]));
  if (malformed.length > 0) {
    const problem = `must be NAME=value, a comment after #, or empty: ${malformed.length > 1 ? 'lines' : 'line'} ${malformed.join(', ')} of the file`;
    throw new SettingsError([{variable: 'each line of --config', problem}]);
  }
  return withoutEmpty(parseEnv(text));
}

/** `NAME=` means the same as not giving NAME: compose files and unit files write it so. */
function withoutEmpty(environment: Environment): Environment {
  return Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
}

/** Nothing else is read from the file, and nobody writes what is not to be read. */
function findStrangers(inFile: Environment): SettingProblem[] {
  return Object.keys(inFile)
    .filter((name) => !name.startsWith('WEBKMS_'))
    .map((variable) => {
      const closest = closestWord(
        `WEBKMS_${variable.toUpperCase().replace(/^WEBKMS_/, '')}`,
        Object.keys(SETTINGS),
      );
      const advice =
        closest === undefined ? 'other variables belong in the environment' : `did you mean ${closest}?`;
      return {variable, problem: `is not a setting: ${advice}`};
    });
}

/** Settings may be shown to anybody. */
function findSecrets(inFile: Environment): SettingProblem[] {
  return Object.keys(inFile)
    .filter((name) => SECRET_VARIABLES.has(name))
    .map((variable) => ({
      variable,
      problem: 'is a secret: give it in the environment, not in a file of settings',
    }));
}

/** The URL of the store may hold one: in the environment, which goes before the file. */
function findPassword(inFile: Environment): SettingProblem[] {
  const variable = 'WEBKMS_STORAGE';
  const text = inFile[variable];
  if (text === undefined || !/^[a-z+]+:\/\/[^/?#]*:[^/?#]+@/.test(text)) return [];
  const problem =
    'has a password: give it in the environment, not in a file of settings; see WEBKMS_STORAGE_PASSWORD_FILE';
  return [{variable, problem}];
}

/** The environment may be that of a person who uses the command line, too; a file of settings is the server's. */
function findClients(inFile: Environment): SettingProblem[] {
  return Object.keys(inFile)
    .filter((name) => CLIENT_VARIABLES.has(name))
    .map((variable) => ({
      variable,
      problem: 'is of the command line of clients: give it in the environment',
    }));
}

/** A misspelled setting must not be a default in silence. `WEBKMS_TEST_…` is the test-suite's own. */
function findUnknown(given: Environment): SettingProblem[] {
  return Object.keys(given)
    .filter(
      (name) =>
        name.startsWith('WEBKMS_') &&
        !name.startsWith('WEBKMS_TEST_') &&
        !SECRET_VARIABLES.has(name) &&
        !CLIENT_VARIABLES.has(name) &&
        !Object.hasOwn(SETTINGS, name),
    )
    .map((variable) => {
      const closest = closestWord(variable, Object.keys(SETTINGS));
      return {
        variable,
        problem: closest === undefined ? 'is not a setting' : `is not a setting; did you mean ${closest}?`,
      };
    });
}

function parseEach(given: Environment): {parsed: ParsedSettings | undefined; problems: SettingProblem[]} {
  const problems: SettingProblem[] = [];
  const values: Partial<Record<Variable, unknown>> = {};
  const dataDir = given['WEBKMS_DATA_DIR'] ?? SETTINGS.WEBKMS_DATA_DIR.default;
  for (const variable of Object.keys(SETTINGS) as Variable[]) {
    try {
      // A function as replacement: `$` has no meaning in the directory's name.
      const text = given[variable] ?? SETTINGS[variable].default.replace('<data dir>', () => dataDir);
      values[variable] = SETTINGS[variable].parse(text);
    } catch (error) {
      problems.push({variable, problem: error instanceof Error ? error.message : 'is malformed'});
    }
  }
  // Each of SETTINGS was parsed by its own parser, or there is a problem.
  return {parsed: problems.length === 0 ? (values as ParsedSettings) : undefined, problems};
}
