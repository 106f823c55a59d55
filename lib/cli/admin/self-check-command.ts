import {AdminError} from '../../admin/admin-operation.ts';
import {parsePath} from '../../config/parsers.ts';
import type {Settings} from '../../config/settings.ts';
import {describeFindings, formatFileFinding} from '../../self-check/describe-findings.ts';
import {findInstallation} from '../../self-check/installation.ts';
import {ManifestError} from '../../self-check/manifest.ts';
import {recordInstallation} from '../../self-check/record-manifest.ts';
import {SelfCheck} from '../../self-check/self-check.ts';
import {writeManifest} from '../../self-check/write-manifest.ts';
import {EXIT_FAILURE, UsageError} from '../command.ts';
import type {AdminCommand, AdminInvocation} from './admin-command.ts';

export const selfCheckCommand: AdminCommand = {
  name: 'self-check',
  summary: 'Compare the files of this program with its manifest; exits with 1 where one is another',
  help: [
    'Compares the files of the installation that this command is of with the manifest, and names each that was changed, is missing or was',
    'added. The manifest is that of --manifest, else of WEBKMS_SELF_CHECK_MANIFEST, else of the build. It asks no server.',
    'With --record it writes a manifest of the installation as it is: with the packages that it needs, Node.js, and the key modules',
    'and the PKCS#11 library that the settings name. Keep it, or its digest, where those who may change the installation cannot.',
  ],
  options: {
    record: {value: 'FILE', meaning: 'writes a manifest, where nothing is yet'},
    manifest: {value: 'FILE', meaning: 'the manifest to compare with'},
  },
  run: async (invocation) => {
    const {record, manifest} = invocation.values;
    if (record !== undefined && manifest !== undefined)
      throw new UsageError('admin self-check: --record or --manifest, not both.');
    try {
      return typeof record === 'string' ? await recordFile(invocation, record) : await checkNow(invocation);
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error;
      throw new AdminError('failed', error.message, {cause: error});
    }
  },
};

async function recordFile({settings, print}: AdminInvocation, file: string): Promise<number> {
  const path = parsePath(file);
  const manifest = await recordInstallation(findInstallation(), namedFiles(settings));
  const digest = await writeManifest(path, manifest);
  const files = manifest.files.size;
  print({path, files, digest}, [`Recorded: ${files} files.`, `Digest: ${digest}`]);
  return 0;
}

/** What the settings have the server load, besides packages. */
function namedFiles({keyModules, pkcs11}: Settings): readonly string[] {
  const modules = keyModules.map(({specifier}) => specifier).filter((path) => path?.startsWith('/'));
  return [...modules, pkcs11.library].filter((path) => path !== undefined);
}

async function checkNow({settings, values, print, io, output}: AdminInvocation): Promise<number> {
  const {manifest} = values;
  const selfCheck = new SelfCheck({
    mode: 'enforce',
    manifest: typeof manifest === 'string' ? parsePath(manifest) : settings.selfCheck.manifest,
  });
  const report = await selfCheck.check();
  const asJson = values['json'] === true;
  if (asJson) {
    print(report, []);
  } else if (report.result === 'passed') {
    print(report, [describeFindings(report), `Digest: ${report.digest ?? ''}`]);
  } else if (report.result === 'changed') {
    for (const finding of report.findings ?? []) await output.write(formatFileFinding(finding));
    io.err(`webkms: files that are not as the manifest says: ${report.findings?.length ?? 0}`);
  } else {
    io.err(`webkms: ${describeFindings(report)}`);
  }
  return report.result === 'passed' ? 0 : EXIT_FAILURE;
}
