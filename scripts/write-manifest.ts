// Writes the manifest of what was built: the last step of a build.
import {join} from 'node:path';
import {BUILT_MANIFEST, findInstallation} from '../lib/self-check/installation.ts';
import {recordBuild} from '../lib/self-check/record-manifest.ts';
import {writeManifest} from '../lib/self-check/write-manifest.ts';

const {root} = findInstallation();
const manifest = await recordBuild(root);
const digest = await writeManifest(join(root, BUILT_MANIFEST), manifest, {replace: true});
console.log(`${BUILT_MANIFEST}: ${manifest.files.size} files, digest ${digest}`);
