import {expect} from 'chai';
import {BackupError} from '../../lib/backup/backup-error.ts';
import type {BackupHeader} from '../../lib/backup/backup-header.ts';
import {openBackupRoot} from '../../lib/backup/open-backup-root.ts';
import type {RootWrapperScheme} from '../../lib/sealing/root-wrapper.ts';
import {FileWrapper} from '../../lib/sealing/wrappers/file-wrapper.ts';
import {ROOT_WRAPPER_SCHEMES} from '../../lib/sealing/wrappers/schemes.ts';
import {expectRejection} from '../sealing/expect-rejection.ts';
import {useTempDir} from '../sealing/temp-dir.ts';

describe('openBackupRoot', () => {
  const path = useTempDir();
  const log = {info: () => undefined, warn: () => undefined};

  it('runs nothing that the backup alone names', async () => {
    const file = `file:${path('root.key')}`;
    const {keyId} = await FileWrapper.create(file);
    const run: string[] = [];
    const scheme: RootWrapperScheme = {
      runs: () => true,
      normalize: (uri) => uri,
      open: async (uri) => {
        run.push(uri);
        return FileWrapper.open(file);
      },
      create: () => FileWrapper.open(file),
    };
    const schemes = new Map([...ROOT_WRAPPER_SCHEMES, ['run', scheme]]);
    const root = {id: 'rw_1', uri: 'run:library', wrapperKeyId: keyId, createdAt: 1};
    const header = {roots: [root]} as unknown as BackupHeader;
    const open = (rootWrapper: string) => openBackupRoot(header, {rootWrapper, schemes, log});
    const {message} = await expectRejection(open(`file:${path('other.key')}`), BackupError);
    expect(message).to.contain('only where WEBKMS_ROOT_WRAPPER says so');
    expect(run).to.deep.equal([]);
    expect((await open('run:library')).id).to.equal('rw_1');
    expect((await open(file)).id).to.equal('rw_1');
    expect(run).to.deep.equal(['run:library']);
  });
});
