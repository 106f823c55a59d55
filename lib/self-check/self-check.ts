import {realpath} from 'node:fs/promises';
import {join} from 'node:path';
import {checkFiles, type FileFinding} from './check-files.ts';
import {describeFindings} from './describe-findings.ts';
import {
  BUILT_MANIFEST,
  findInstallation,
  manifestPath,
  programPaths,
  type Installation,
} from './installation.ts';
import {ManifestError, type Manifest, type ReadManifest} from './manifest.ts';
import {readManifest} from './read-manifest.ts';
import type {SelfCheckReport, SelfCheckSettings, SelfCheckSource} from './self-check-report.ts';

/** The program is not what its manifest says, or has none. The message is for the operator. */
export class SelfCheckError extends Error {
  override readonly name = 'SelfCheckError';
  readonly code = 'ERR_SELF_CHECK';
}

/** Whether the files of this program are those of its manifest. What was found stays found: it may have been loaded. */
export class SelfCheck implements SelfCheckSource {
  readonly #settings: SelfCheckSettings;
  readonly #installation: Installation;
  readonly #stopping = new AbortController();
  readonly #found = new Map<string, FileFinding>();
  #reading: Promise<ReadManifest | undefined> | undefined;
  #checking: Promise<SelfCheckReport> | undefined;
  #checkedAt: number | undefined;
  #onChecked: (report: SelfCheckReport) => void = () => undefined;

  constructor(settings: SelfCheckSettings, installation = findInstallation()) {
    this.#settings = settings;
    this.#installation = installation;
  }

  async report(): Promise<SelfCheckReport> {
    const {mode} = this.#settings;
    let manifest;
    try {
      manifest = await this.#manifest();
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error;
      return {mode, result: 'unusable', problem: error.message};
    }
    if (!manifest) return {mode, result: 'none'};
    const {digest} = manifest;
    if (this.#checkedAt === undefined) return {mode, result: 'unchecked', digest};
    return {
      ...{mode, digest, files: manifest.files.size, checkedAt: this.#checkedAt},
      result: this.#found.size > 0 ? 'changed' : 'passed',
      findings: [...this.#found.values()],
    };
  }

  /** @param listener is told of each check from now on */
  onChecked(listener: (report: SelfCheckReport) => void): void {
    this.#onChecked = listener;
  }

  /** One check at a time is for all who ask meanwhile. */
  check(): Promise<SelfCheckReport> {
    this.#checking ??= this.#check().finally(() => (this.#checking = undefined));
    return this.#checking;
  }

  /** @throws SelfCheckError where anything is not as it was recorded, or nothing was */
  async enforce(): Promise<SelfCheckReport> {
    const report = await this.check();
    if (report.result === 'passed') return report;
    throw new SelfCheckError(describeFindings(report));
  }

  /** Ends the check that goes on, without an outcome. */
  close(): void {
    this.#stopping.abort();
  }

  async #check(): Promise<SelfCheckReport> {
    // Why it cannot be read is said by the report.
    const manifest = await this.#manifest().catch(() => undefined);
    if (manifest) await this.#compare(manifest);
    const report = await this.report();
    if (!this.#stopping.signal.aborted) this.#onChecked(report);
    return report;
  }

  async #compare(manifest: ReadManifest): Promise<void> {
    const {root} = this.#installation;
    const {signal} = this.#stopping;
    try {
      const findings = [
        ...(await checkFiles(manifest, {root, signal})),
        ...(await otherNode(manifest, this.#installation)),
      ];
      for (const finding of findings) this.#found.set(finding.path, finding);
      this.#checkedAt = Date.now();
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Read once: a check is by the manifest that there was as the process began. */
  #manifest(): Promise<ReadManifest | undefined> {
    this.#reading ??= this.#read();
    return this.#reading;
  }

  async #read(): Promise<ReadManifest | undefined> {
    const {root, fromSources} = this.#installation;
    const recorded = this.#settings.manifest;
    if (recorded === undefined && fromSources) return undefined;
    const path = recorded ?? join(root, BUILT_MANIFEST);
    const manifest = await readManifest(path);
    if (!manifest) {
      if (recorded === undefined) return undefined;
      throw new ManifestError(`There is no manifest at ${path}.`);
    }
    const covers = new Set(manifest.covers);
    if (!programPaths(this.#installation).every((own) => covers.has(own)))
      throw new ManifestError(`The manifest ${path} is of another program: it does not cover this one.`);
    return manifest;
  }
}

/** A manifest that covers more than the package is of an installation, of which Node.js is a part. */
async function otherNode(manifest: Manifest, installation: Installation): Promise<readonly FileFinding[]> {
  const own = programPaths(installation);
  const path = manifestPath(installation.root, await realpath(process.execPath));
  const isOfBuild = manifest.covers.every((covered) => own.includes(covered));
  return isOfBuild || manifest.files.has(path) ? [] : [{problem: 'added', path}];
}
