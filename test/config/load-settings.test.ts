import {mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {availableParallelism, homedir, tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {parseEnv} from 'node:util';
import {expect} from 'chai';
import {loadSettings, readSettingTexts, type LoadSettingsOptions} from '../../lib/config/load-settings.ts';
import {SettingsError} from '../../lib/config/settings-error.ts';
import {SETTINGS} from '../../lib/config/settings-schema.ts';
import {settingsTable} from '../../lib/config/settings-table.ts';

const CONFIG = join(import.meta.dirname, '..', '..', 'config');

function problems(options: LoadSettingsOptions): Record<string, string> {
  try {
    loadSettings(options);
  } catch (error) {
    expect(error).to.be.instanceOf(SettingsError);
    return Object.fromEntries(
      (error as SettingsError).problems.map(({variable, problem}) => [variable, problem]),
    );
  }
  return {};
}

describe('settings', () => {
  it('have the documented defaults', () => {
    expect(loadSettings({environment: {}})).to.deep.equal({
      baseUrl: 'https://localhost:9443',
      listen: {host: '127.0.0.1', port: 9443},
      tls: {mode: 'self-signed'},
      dataDir: resolve('.webkms'),
      storage: {kind: 'sqlite', path: resolve('.webkms/webkms.db')},
      storageAccess: {passwordFile: undefined, maxConnections: 10, timeoutMs: 5000},
      rootWrapper: `file:${resolve('.webkms/root.key')}`,
      otherRootWrappers: [],
      rotateAfterSeconds: undefined,
      rewrapRate: 250,
      keystoreCreation: 'open',
      trustedProxies: [],
      keyModules: [{name: 'software'}],
      pkcs11: {
        library: undefined,
        tokenLabel: undefined,
        pinFile: undefined,
        sessions: 4,
        timeoutMs: 10_000,
      },
      isolation: 'none',
      ipc: undefined,
      keyDescriptions: 'authorized',
      keyDefaults: {
        enforced: false,
        symmetricRotationSeconds: 7_776_000,
        asymmetricRotationSeconds: 31_536_000,
        deletionWindowSeconds: 2_592_000,
        minDeletionWindowSeconds: 604_800,
      },
      didWeb: undefined,
      maxDelegationTtlSeconds: 7_776_000,
      quotas: {keystoresPerCreator: 10_000, keysPerKeystore: 10_000, revocationsPerDelegator: 1000},
      rateLimit: {address: {points: 600, seconds: 1}, invoker: {points: 600, seconds: 1}},
      maxConnections: 2000,
      requestTimeoutSeconds: 30,
      shutdownTimeoutSeconds: 10,
      workers: 1,
      selfCheck: {mode: 'warn', manifest: undefined},
      metricsListen: undefined,
      log: {level: 'info', file: undefined},
    });
  });

  it('keep the database and the root key in the data directory, wherever that is', () => {
    const {storage, rootWrapper} = loadSettings({environment: {WEBKMS_DATA_DIR: '~/$& kms'}});
    expect(storage).to.deep.equal({kind: 'sqlite', path: join(homedir(), '$& kms/webkms.db')});
    expect(rootWrapper).to.equal(`file:${join(homedir(), '$& kms/root.key')}`);
  });

  it('can each be given', () => {
    const settings = loadSettings({
      environment: {
        WEBKMS_BASE_URL: 'https://kms.example',
        WEBKMS_LISTEN: '[::]:443',
        WEBKMS_TLS: 'files',
        WEBKMS_TLS_CERT: '/etc/tls.crt',
        WEBKMS_TLS_KEY: '/etc/tls.key',
        WEBKMS_DATA_DIR: '/data',
        WEBKMS_STORAGE: 'sqlite:/db/webkms.db',
        WEBKMS_STORAGE_CONNECTIONS: '7',
        WEBKMS_STORAGE_TIMEOUT: '2s',
        WEBKMS_ROOT_WRAPPER: 'file:/keys/root.key',
        WEBKMS_OTHER_ROOT_WRAPPERS: 'file:/keys/b.key, pkcs11:object=c',
        WEBKMS_ROTATE_AFTER: '90d',
        WEBKMS_REWRAP_RATE: 'unlimited',
        WEBKMS_KEYSTORE_CREATION: 'did:key:a, did:web:example.com',
        WEBKMS_TRUSTED_PROXIES: '10.0.0.0/8,::1',
        WEBKMS_KEY_MODULES: 'pkcs11,software',
        WEBKMS_PKCS11_LIBRARY: '/usr/lib/hsm.so',
        WEBKMS_PKCS11_TOKEN: 'the keys',
        WEBKMS_PKCS11_PIN_FILE: '/keys/pin',
        WEBKMS_PKCS11_SESSIONS: '8',
        WEBKMS_PKCS11_TIMEOUT: '2s',
        WEBKMS_KEY_DESCRIPTIONS: 'public',
        WEBKMS_KEY_ROTATION: 'enforce',
        WEBKMS_KEY_ROTATION_SYMMETRIC: '30d',
        WEBKMS_KEY_ROTATION_ASYMMETRIC: 'off',
        WEBKMS_KEY_RECOVERY_WINDOW: '2h',
        WEBKMS_KEY_MIN_RECOVERY_WINDOW: '1h',
        WEBKMS_DID_WEB: 'on',
        WEBKMS_DID_WEB_PORTS: '443,8443',
        WEBKMS_MAX_DELEGATION_TTL: '30d',
        WEBKMS_MAX_KEYSTORES_PER_CREATOR: '1',
        WEBKMS_MAX_KEYS_PER_KEYSTORE: '2',
        WEBKMS_MAX_REVOCATIONS_PER_DELEGATOR: '3',
        WEBKMS_RATE_LIMIT: 'off',
        WEBKMS_RATE_LIMIT_INVOKER: '5/1m',
        WEBKMS_MAX_CONNECTIONS: '4',
        WEBKMS_REQUEST_TIMEOUT: '5s',
        WEBKMS_SHUTDOWN_TIMEOUT: '6s',
        WEBKMS_WORKERS: '2',
        WEBKMS_IPC: '/run/webkms-ipc/webkms.sock',
        WEBKMS_IPC_GROUP: '1001',
        WEBKMS_SELF_CHECK: 'enforce',
        WEBKMS_SELF_CHECK_MANIFEST: '/media/manifest.json',
        WEBKMS_METRICS_LISTEN: '127.0.0.1:9464',
        WEBKMS_LOG_LEVEL: 'debug',
        WEBKMS_LOG_FILE: '/log/webkms.log',
        WEBKMS_HOME: '/home',
      },
    });
    expect(settings).to.deep.equal({
      baseUrl: 'https://kms.example',
      listen: {host: '::', port: 443},
      tls: {mode: 'files', cert: '/etc/tls.crt', key: '/etc/tls.key'},
      dataDir: '/data',
      storage: {kind: 'sqlite', path: '/db/webkms.db'},
      storageAccess: {passwordFile: undefined, maxConnections: 7, timeoutMs: 2000},
      rootWrapper: 'file:/keys/root.key',
      otherRootWrappers: ['file:/keys/b.key', 'pkcs11:object=c;type=secret-key'],
      rotateAfterSeconds: 7_776_000,
      rewrapRate: undefined,
      keystoreCreation: ['did:key:a', 'did:web:example.com'],
      trustedProxies: ['10.0.0.0/8', '::1/128'],
      keyModules: [{name: 'pkcs11'}, {name: 'software'}],
      pkcs11: {
        library: '/usr/lib/hsm.so',
        tokenLabel: 'the keys',
        pinFile: '/keys/pin',
        sessions: 8,
        timeoutMs: 2000,
      },
      isolation: 'none',
      ipc: {path: '/run/webkms-ipc/webkms.sock', group: 1001},
      keyDescriptions: 'public',
      keyDefaults: {
        enforced: true,
        symmetricRotationSeconds: 2_592_000,
        deletionWindowSeconds: 7200,
        minDeletionWindowSeconds: 3600,
      },
      didWeb: {ports: [443, 8443]},
      maxDelegationTtlSeconds: 2_592_000,
      quotas: {keystoresPerCreator: 1, keysPerKeystore: 2, revocationsPerDelegator: 3},
      rateLimit: {address: undefined, invoker: {points: 5, seconds: 60}},
      maxConnections: 4,
      requestTimeoutSeconds: 5,
      shutdownTimeoutSeconds: 6,
      workers: 2,
      selfCheck: {mode: 'enforce', manifest: '/media/manifest.json'},
      metricsListen: {host: '127.0.0.1', port: 9464},
      log: {level: 'debug', file: '/log/webkms.log'},
    });
    expect(() => Object.assign(settings, {baseUrl: 'x'})).to.throw(TypeError);
  });

  it('limit invokers as they limit addresses, unless told otherwise', () => {
    const limits = (environment: Record<string, string>): unknown => loadSettings({environment}).rateLimit;
    expect(limits({WEBKMS_RATE_LIMIT: 'off'})).to.deep.equal({address: undefined, invoker: undefined});
    const rate = {points: 5, seconds: 1};
    expect(limits({WEBKMS_RATE_LIMIT: '5/1s'})).to.deep.equal({address: rate, invoker: rate});
    expect(limits({WEBKMS_RATE_LIMIT: '5/1s', WEBKMS_RATE_LIMIT_INVOKER: 'off'})).to.deep.equal({
      address: rate,
      invoker: undefined,
    });
  });

  it('are the default where the variable is empty', () => {
    expect(loadSettings({environment: {WEBKMS_LISTEN: '', WEBKMS_UNKNOWN: ''}}).listen.port).to.equal(9443);
  });

  it('take one password for the store, and none from a file of settings', () => {
    const WEBKMS_STORAGE = 'postgres://kms:s3cret@db/kms';
    const WEBKMS_STORAGE_PASSWORD_FILE = '/run/password';
    const settings = loadSettings({
      environment: {WEBKMS_STORAGE: 'postgres://kms@db/kms', WEBKMS_STORAGE_PASSWORD_FILE},
    });
    expect(settings.storageAccess.passwordFile).to.equal('/run/password');
    expect(JSON.stringify(loadSettings({environment: {WEBKMS_STORAGE}}))).not.to.include('s3cret');
    expect(problems({environment: {WEBKMS_STORAGE, WEBKMS_STORAGE_PASSWORD_FILE}})).to.deep.equal({
      WEBKMS_STORAGE_PASSWORD_FILE: 'is given, and WEBKMS_STORAGE has a password, too',
    });
    expect(problems({environment: {WEBKMS_STORAGE_PASSWORD_FILE}})).to.deep.equal({
      WEBKMS_STORAGE_PASSWORD_FILE: 'is used only if WEBKMS_STORAGE is a URL of PostgreSQL or MongoDB',
    });
    const folder = mkdtempSync(join(tmpdir(), 'webkms-settings-'));
    try {
      const configFile = join(folder, 'webkms.env');
      writeFileSync(configFile, `WEBKMS_STORAGE=${WEBKMS_STORAGE}\n`);
      expect(problems({configFile, environment: {}})).to.have.keys('WEBKMS_STORAGE');
      writeFileSync(configFile, 'WEBKMS_STORAGE=postgres://kms@db/kms\n');
      expect(loadSettings({configFile, environment: {}}).storage.kind).to.equal('postgres');
    } finally {
      rmSync(folder, {recursive: true});
    }
  });

  it('leave the root key alone where it is in the environment, whatever the root wrapper is', () => {
    const environment = {WEBKMS_ROOT_KEY: 'secret'};
    for (const WEBKMS_ROOT_WRAPPER of ['env:WEBKMS_ROOT_KEY', 'file:/root.key']) {
      const settings = loadSettings({environment: {...environment, WEBKMS_ROOT_WRAPPER}});
      expect(settings.rootWrapper).to.equal(WEBKMS_ROOT_WRAPPER);
      expect(JSON.stringify(settings)).not.to.include('secret');
    }
    expect(problems({environment: {WEBKMS_ROOT_KEYS: 'secret'}})).to.have.keys('WEBKMS_ROOT_KEYS');
  });

  it('are refused all at once, by name, without their values', () => {
    const environment = {
      WEBKMS_BASE_URL: 'http://secret.example',
      WEBKMS_STORAGE: 'postgres://user:se/cret@db/secret',
      WEBKMS_WORKERS: '65',
      WEBKMS_LISEN: 'secret',
      WEBKMS_TLS_SECRET: 'secret',
      OTHER: 'is not ours',
      WEBKMS_TEST_LONG: '1',
    };
    const found = problems({environment});
    expect(found).to.deep.equal({
      WEBKMS_BASE_URL:
        'must be an https origin such as https://kms.example: lower-case host, no path, no final slash, no port 443',
      WEBKMS_STORAGE: 'must be a URL whose user, password and database are percent-encoded',
      WEBKMS_WORKERS: 'must be a whole number from 1 to 64, or auto',
      WEBKMS_LISEN: 'is not a setting; did you mean WEBKMS_LISTEN?',
      WEBKMS_TLS_SECRET: 'is not a setting; did you mean WEBKMS_TLS_CERT?',
    });
    expect(problems({environment: {WEBKMS_SOMETHING_QUITE_DIFFERENT: 'x'}})).to.deep.equal({
      WEBKMS_SOMETHING_QUITE_DIFFERENT: 'is not a setting',
    });
  });

  it('take a number of processes, or as many as there are processors', () => {
    for (const [text, workers] of [
      ['1', 1],
      ['64', 64],
      ['auto', Math.min(availableParallelism(), 64)],
    ] as const) {
      expect(loadSettings({environment: {WEBKMS_WORKERS: text}}).workers, text).to.equal(workers);
    }
    for (const text of ['0', '65', '-1', '2.5', 'many', '1e1']) {
      expect(() => loadSettings({environment: {WEBKMS_WORKERS: text}}), text).to.throw(
        'WEBKMS_WORKERS must be a whole number from 1 to 64, or auto',
      );
    }
  });

  it('can be loaded again from their texts, when the file has changed meanwhile', () => {
    const folder = mkdtempSync(join(tmpdir(), 'webkms-config-'));
    try {
      const configFile = join(folder, 'webkms.env');
      writeFileSync(configFile, 'WEBKMS_WORKERS=3\nWEBKMS_LOG_LEVEL=debug\n');
      const environment = {WEBKMS_LOG_LEVEL: 'warn', WEBKMS_ROOT_KEY: 'secret', WEBKMS_HOME: '', OTHER: 'x'};
      const settings = loadSettings({configFile, environment});
      const texts = readSettingTexts({configFile, environment});
      expect(texts).to.deep.equal({WEBKMS_WORKERS: '3', WEBKMS_LOG_LEVEL: 'warn'});
      expect(loadSettings({environment: texts})).to.deep.equal(settings);
    } finally {
      rmSync(folder, {recursive: true});
    }
  });

  it('leave alone what is for the command line of clients, but in a file of settings', () => {
    const environment = {WEBKMS_HOME: '/home', WEBKMS_PROFILE: 'x', WEBKMS_PASSPHRASE_FILE: '/p'};
    expect(problems({environment})).to.deep.equal({});
    expect(problems({environment: {WEBKMS_HOMES: '/home'}})).to.have.keys('WEBKMS_HOMES');
    const folder = mkdtempSync(join(tmpdir(), 'webkms-config-'));
    try {
      const configFile = join(folder, 'webkms.env');
      writeFileSync(configFile, 'WEBKMS_HOME=/home\n');
      expect(problems({configFile, environment: {}})).to.deep.equal({
        WEBKMS_HOME: 'is of the command line of clients: give it in the environment',
      });
    } finally {
      rmSync(folder, {recursive: true});
    }
  });

  it('are checked against each other', () => {
    const files = {WEBKMS_TLS: 'files', WEBKMS_TLS_CERT: '/c', WEBKMS_TLS_KEY: '/k'};
    expect(problems({environment: files})).to.deep.equal({});
    expect(problems({environment: {...files, WEBKMS_TLS_KEY: ''}})).to.deep.equal({
      WEBKMS_TLS_KEY: 'must name a file, since WEBKMS_TLS is files',
    });
    expect(problems({environment: {...files, WEBKMS_TLS: 'off', WEBKMS_MISSPELT: 'x'}})).to.deep.equal({
      WEBKMS_MISSPELT: 'is not a setting',
      WEBKMS_TLS_CERT: 'is used only if WEBKMS_TLS is files',
      WEBKMS_TLS_KEY: 'is used only if WEBKMS_TLS is files',
    });
    const windows = {WEBKMS_KEY_RECOVERY_WINDOW: '6d'};
    expect(problems({environment: {...windows, WEBKMS_KEY_MIN_RECOVERY_WINDOW: '6d'}})).to.deep.equal({});
    expect(problems({environment: windows})).to.deep.equal({
      WEBKMS_KEY_RECOVERY_WINDOW: 'must not be shorter than WEBKMS_KEY_MIN_RECOVERY_WINDOW',
    });
    const creators = {WEBKMS_KEYSTORE_CREATION: 'did:web:example.com'};
    expect(problems({environment: {...creators, WEBKMS_DID_WEB: 'on'}})).to.deep.equal({});
    expect(problems({environment: creators})).to.deep.equal({
      WEBKMS_KEYSTORE_CREATION: 'lists a did:web, which needs WEBKMS_DID_WEB to be on',
    });
  });

  describe('from a file', () => {
    let dir: string;
    before(() => {
      dir = mkdtempSync(join(tmpdir(), 'webkms-config-'));
    });
    after(() => rmSync(dir, {recursive: true}));

    it('go behind those of the environment', () => {
      const configFile = join(dir, 'a.env');
      writeFileSync(configFile, '# comment\nWEBKMS_LISTEN=127.0.0.1:1 # one\nWEBKMS_LOG_LEVEL="warn"\n');
      const {listen, log} = loadSettings({configFile, environment: {WEBKMS_LISTEN: '127.0.0.1:2'}});
      expect({port: listen.port, level: log.level}).to.deep.equal({port: 2, level: 'warn'});
    });

    it('are refused like those of the environment', () => {
      const configFile = join(dir, 'b.env');
      writeFileSync(configFile, 'WEBKMS_LISEN=x');
      expect(problems({configFile, environment: {}})).to.have.all.keys('WEBKMS_LISEN');
      expect(problems({configFile: join(dir, 'none'), environment: {}})).to.deep.equal({
        '--config': 'names a file that cannot be read (ENOENT)',
      });
    });

    it('are lines NAME=value of settings: what would not be read is refused', () => {
      const configFile = join(dir, 'd.env');
      const inFile = (text: string): object => {
        writeFileSync(configFile, text);
        return problems({configFile, environment: {}});
      };
      const each = 'each line of --config';
      expect(inFile('WEBKMS_LISTEN: 127.0.0.1:1\n')).to.deep.equal({
        [each]: 'must be NAME=value, a comment after #, or empty: line 1 of the file',
      });
      expect(inFile('# a\n\nWEBKMS_WORKERS 2\n[server]\n'))
        .to.have.property(each)
        .that.includes('lines 3, 4');
      expect(inFile('webkms_listen=127.0.0.1:1\n')).to.deep.equal({
        webkms_listen: 'is not a setting: did you mean WEBKMS_LISTEN?',
      });
      expect(inFile('LISTEN=127.0.0.1:1\nSOFTHSM2_CONF=x\n')).to.deep.equal({
        LISTEN: 'is not a setting: did you mean WEBKMS_LISTEN?',
        SOFTHSM2_CONF: 'is not a setting: other variables belong in the environment',
      });
      const accepted = '# a\r\n  export WEBKMS_LISTEN = "127.0.0.1:1" # b\r\n\r\n\t# c\nWEBKMS_WORKERS=';
      expect(inFile(accepted)).to.deep.equal({});
    });

    it('are no secrets', () => {
      const configFile = join(dir, 'c.env');
      const wrapper = 'WEBKMS_ROOT_WRAPPER=env:WEBKMS_ROOT_KEY\n';
      writeFileSync(configFile, `${wrapper}WEBKMS_ROOT_KEY=secret\n`);
      const environment = {WEBKMS_ROOT_KEY: 'secret'};
      expect(problems({configFile, environment})).to.deep.equal({
        WEBKMS_ROOT_KEY: 'is a secret: give it in the environment, not in a file of settings',
      });
      writeFileSync(configFile, wrapper);
      expect(problems({configFile, environment})).to.deep.equal({});
    });
  });

  describe('presets', () => {
    for (const name of readdirSync(CONFIG)) {
      it(`config/${name} is valid`, () => {
        expect(problems({configFile: join(CONFIG, name), environment: {}})).to.deep.equal({});
        const own = parseEnv(readFileSync(join(CONFIG, name), 'utf8'));
        expect(Object.keys(own).filter((variable) => !Object.hasOwn(SETTINGS, variable))).to.deep.equal([]);
      });
    }

    it('config/development.env says the defaults, but for the log level', () => {
      const preset = loadSettings({configFile: join(CONFIG, 'development.env'), environment: {}});
      const defaults = loadSettings({environment: {}});
      expect(preset).to.deep.equal({...defaults, log: {...defaults.log, level: 'debug'}});
    });
  });

  it('are all in the table for the documentation', () => {
    const rows = settingsTable().trim().split('\n');
    expect(rows.slice(0, 3)).to.deep.equal([
      '| variable | default | meaning |',
      '|---|---|---|',
      '| `WEBKMS_BASE_URL` | `https://localhost:9443` | public origin; ids are minted under `<origin>/kms`; `Host` must match |',
    ]);
    expect(rows).to.have.length(2 + Object.keys(SETTINGS).length);
    for (const row of rows) expect(row.replaceAll('\\|', '').match(/\|/g), row).to.have.length(4);
  });
});
