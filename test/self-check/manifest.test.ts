import {createHash} from 'node:crypto';
import {expect} from 'chai';
import fc from 'fast-check';
import {formatManifest, manifestDigest, ManifestError, parseManifest} from '../../lib/self-check/manifest.ts';

const HASH = createHash('sha256').update('content').digest('base64url');
const MANIFEST = {
  version: '1.2.3',
  covers: ['package.json', 'dist', '/usr/bin/node'],
  files: new Map([
    ['package.json', HASH],
    ['dist/b.js', HASH],
    ['dist/a.js', HASH],
    ['/usr/bin/node', HASH],
  ]),
};

const text = formatManifest(MANIFEST);
const parse = (content: string) => parseManifest(Buffer.from(content));
const edited = (edit: (manifest: Record<string, unknown>) => void): string => {
  const value = JSON.parse(text) as Record<string, unknown>;
  edit(value);
  return JSON.stringify(value);
};
/** As somebody writes it who knows how digests are made. */
const forged = (edit: (content: {covers: unknown; files: Record<string, unknown>}) => void): string =>
  edited((manifest) => {
    edit(manifest as unknown as Parameters<typeof edit>[0]);
    const {format, version, covers, files} = manifest as Record<string, Record<string, unknown>>;
    const sorted = Object.fromEntries(Object.entries(files!).sort(([a], [b]) => (a < b ? -1 : 1)));
    const json = JSON.stringify({covers, files: sorted, format, version});
    manifest['digest'] = createHash('sha256').update(json).digest('base64url');
  });

describe('a manifest', () => {
  it('is read as it was written, and its digest is of what the documentation says', () => {
    const {digest, ...manifest} = parse(text);
    expect(manifest).to.deep.equal({...MANIFEST, covers: [...MANIFEST.covers].sort()});
    expect(digest).to.equal(manifestDigest(MANIFEST));
    expect(parse(forged(() => undefined)).digest).to.equal(digest);
  });

  it('has one digest, in whatever order its files were found, and another one for each other content', () => {
    const paths = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), {minLength: 1, maxLength: 9});
    fc.assert(
      fc.property(paths, fc.nat(), (names, index) => {
        const files = names.map((name): [string, string] => [name, HASH]);
        const digest = manifestDigest({...MANIFEST, files: new Map(files)});
        expect(manifestDigest({...MANIFEST, files: new Map(files.toReversed())})).to.equal(digest);
        const others = files.toSpliced(index % files.length, 1);
        expect(manifestDigest({...MANIFEST, files: new Map(others)})).to.not.equal(digest);
        expect(manifestDigest({...MANIFEST, covers: []})).to.not.equal(digest);
      }),
    );
  });

  const refused: Readonly<Record<string, string>> = {
    'no JSON': text.slice(1),
    'a name twice': text.replace('"version"', '"digest": "", "version"'),
    'another format': edited((manifest) => (manifest['format'] = 'webkms-manifest-v2')),
    'a member that nobody knows': edited((manifest) => (manifest['more'] = 1)),
    'no digest': edited((manifest) => delete manifest['digest']),
    'a digest of something else': edited((manifest) => (manifest['version'] = '1.2.4')),
    'a file less than its digest says': edited((manifest) => {
      delete (manifest['files'] as Record<string, unknown>)['dist/a.js'];
    }),
    'a path upwards': forged(({files}) => (files['dist/../lib/a.ts'] = HASH)),
    'a path with a second spelling': forged(({files}) => (files['dist//a.js'] = HASH)),
    'an empty path': forged(({files}) => (files[''] = HASH)),
    'a hash that is none': forged(({files}) => (files['dist/a.js'] = 'abc')),
    'a hash that is no text': forged(({files}) => (files['dist/a.js'] = 1)),
    'covers that are no list': forged((content) => (content.covers = 'dist')),
    'a cover upwards': forged((content) => (content.covers = ['..'])),
  };
  for (const [name, content] of Object.entries(refused)) {
    it(`is refused with ${name}`, () => {
      expect(() => parse(content)).to.throw(ManifestError);
    });
  }
});
