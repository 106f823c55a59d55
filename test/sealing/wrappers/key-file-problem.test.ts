import {expect} from 'chai';
import {fileAccessError, keyFileProblem} from '../../../lib/sealing/wrappers/key-file-problem.ts';

const ME = 1000;
const file = {dev: 1, ino: 2, mode: 0o100600, uid: ME, isFile: () => true, isSymbolicLink: () => false};
const link = {...file, ino: 3, mode: 0o120777, isFile: () => false, isSymbolicLink: () => true};
const reasonOf = (opened: typeof file, named = opened, user: number | undefined = ME): string | undefined =>
  keyFileProblem('/r/root.key', {opened, named}, user)?.reason;

describe('keyFileProblem', () => {
  it('has nothing against a file of mine or of root, that only its owner can use', () => {
    expect(reasonOf(file)).to.be.undefined;
    expect(reasonOf({...file, uid: 0})).to.be.undefined;
    expect(reasonOf({...file, mode: 0o100400})).to.be.undefined;
  });

  it('refuses what is not a file', () => {
    expect(reasonOf({...file, isFile: () => false})).to.equal('not-a-file');
  });

  it("refuses another user's file, also where the process's user is not known", () => {
    expect(reasonOf({...file, uid: 1001})).to.equal('owner');
    expect(keyFileProblem('/r/root.key', {opened: file, named: file}, undefined)?.reason).to.equal('owner');
  });

  it('refuses a file that group or others may do anything with', () => {
    for (const bit of [0o040, 0o020, 0o010, 0o004, 0o002, 0o001]) {
      expect(reasonOf({...file, mode: 0o100600 | bit})).to.equal('permissions');
    }
  });

  it('follows my symbolic link or root’s, and refuses one of another user', () => {
    expect(reasonOf(file, link)).to.be.undefined;
    expect(reasonOf(file, {...link, uid: 0})).to.be.undefined;
    expect(reasonOf(file, {...link, uid: 1001})).to.equal('owner');
  });

  it('refuses a file that was replaced between being opened and looked at', () => {
    expect(reasonOf(file, {...file, ino: 9})).to.equal('unreadable');
    expect(reasonOf(file, {...file, dev: 9})).to.equal('unreadable');
  });

  it('says which file, by which setting, and what to do', () => {
    const message = keyFileProblem(
      '/r/root.key',
      {opened: {...file, mode: 0o100644}, named: file},
      ME,
    )?.message;
    expect(message).to.equal(
      'The root key file /r/root.key is open to other users. Close it: chmod 600 /r/root.key',
    );
  });
});

describe('fileAccessError', () => {
  const refusal = (code: string): Error => Object.assign(new Error('of the system'), {code});

  it('tells absence and presence from other refusals', () => {
    expect(fileAccessError('/r', refusal('ENOENT')).reason).to.equal('missing');
    expect(fileAccessError('/r', refusal('ENOTDIR')).reason).to.equal('missing');
    expect(fileAccessError('/r', refusal('EEXIST'), {otherwise: 'unwritable'}).reason).to.equal('exists');
  });

  it('keeps the cause, and names the code where it has no better words', () => {
    const cause = refusal('EACCES');
    const error = fileAccessError('/r', cause);
    expect(error).to.include({reason: 'unreadable', cause});
    expect(error.message).to.include('/r cannot be read (EACCES).');
    expect(fileAccessError('/r', refusal('EROFS'), {otherwise: 'unwritable'}).message).to.include(
      'cannot be made (EROFS).',
    );
    expect(fileAccessError('/r', 'thrown').message).to.include('(unknown error)');
  });
});
