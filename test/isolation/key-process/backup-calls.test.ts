import {expect} from 'chai';
import {AdminError} from '../../../lib/admin/admin-operation.ts';
import {CHUNK_BYTES} from '../../../lib/backup/backup-format.ts';
import {InternalError, UnavailableError} from '../../../lib/errors.ts';
import {ProtocolError} from '../../../lib/rpc/protocol-error.ts';
import {SealedError} from '../../../lib/sealing/sealing-errors.ts';
import {rejection} from '../../key-modules/fixtures.ts';
import {KeyProcessScene} from './scene.ts';

const piece = (length: number): Buffer => Buffer.alloc(length, 1);

describe('key process: backups that an HTTP process has it seal', () => {
  let scene: KeyProcessScene;

  beforeEach(async () => {
    scene = await KeyProcessScene.create();
    await scene.open();
  });
  afterEach(() => scene.close());

  it('are sealed piece by piece, each once, in order, as many as were announced', async () => {
    const {backups} = scene;
    await backups.begin(1);
    const start = await backups.start(1, CHUNK_BYTES + 10);
    expect(Buffer.from(start).toString('latin1')).to.match(/^webkms backup 1\n/);
    expect(await rejection(backups.seal(1, piece(10)))).to.be.an.instanceOf(InternalError);
    const first = await backups.seal(1, piece(CHUNK_BYTES));
    expect(Buffer.from(first).includes(piece(16))).to.equal(false);
    expect(await rejection(backups.seal(1, piece(CHUNK_BYTES)))).to.be.an.instanceOf(InternalError);
    expect(await rejection(backups.seal(1, piece(9)))).to.be.an.instanceOf(InternalError);
    expect(await backups.seal(1, piece(10))).to.be.an.instanceOf(Uint8Array);
    expect(await rejection(backups.seal(1, piece(10)))).to.be.an.instanceOf(InternalError);
    expect(await rejection(backups.seal(1, piece(0)))).to.be.an.instanceOf(InternalError);
  });

  it('end with the last piece, also where that was a whole one', async () => {
    const {backups} = scene;
    await backups.begin(1);
    await backups.start(1, CHUNK_BYTES);
    await backups.seal(1, piece(CHUNK_BYTES));
    expect(await rejection(backups.seal(1, piece(0)))).to.be.an.instanceOf(InternalError);
    // The twin: what is empty has one piece.
    await backups.begin(2);
    await backups.start(2, 0);
    await backups.seal(2, piece(0));
    expect(await rejection(backups.seal(2, piece(0)))).to.be.an.instanceOf(InternalError);
  });

  it('are begun and started once, and are nothing before and afterwards', async () => {
    const {backups} = scene;
    const unknown = async (work: Promise<unknown>): Promise<void> => {
      expect(await rejection(work)).to.be.an.instanceOf(AdminError);
    };
    await unknown(backups.start(1, 10));
    await unknown(backups.seal(1, piece(10)));
    await backups.begin(1);
    expect(await rejection(backups.begin(1))).to.be.an.instanceOf(InternalError);
    expect(await rejection(backups.seal(1, piece(10)))).to.be.an.instanceOf(InternalError);
    const starts = await Promise.allSettled([backups.start(1, 10), backups.start(1, 10)]);
    expect(starts.map(({status}) => status)).to.deep.equal(['fulfilled', 'rejected']);
    await backups.end(1);
    await backups.end(1);
    await unknown(backups.start(1, 10));
    await unknown(backups.seal(1, piece(10)));
  });

  it('leave no key where they are ended while they are started', async () => {
    const {backups} = scene;
    await backups.begin(1);
    const started = rejection(backups.start(1, 10));
    await backups.end(1);
    expect(await started).to.be.an.instanceOf(InternalError);
  });

  it('are few at once', async () => {
    const {backups} = scene;
    for (let i = 0; i < 64; i++) await backups.begin(i);
    const refused = await rejection(backups.begin(64));
    expect(refused).to.be.an.instanceOf(AdminError).and.have.property('reason', 'refused');
    await backups.end(0);
    await backups.begin(64);
  });

  it('are not made while the server is sealed', async () => {
    await scene.keys.admin('seal', {}, 1);
    expect(await rejection(scene.backups.begin(1))).to.be.an.instanceOf(SealedError);
    await scene.keys.admin('unseal', {}, 1);
    await scene.backups.begin(1);
  });

  it('open by no root that the HTTP process puts into the database', async () => {
    const {backups, stores} = scene;
    const rootsOf = async (backup: number): Promise<string> => {
      await backups.begin(backup);
      return Buffer.from(await backups.start(backup, 0)).toString('latin1');
    };
    const [own] = await stores.keyHierarchy.listRootWrappers();
    if (!own) throw new Error('There is no root.');
    expect(await rootsOf(1)).to.contain(own.id);
    const forged = {...own, id: 'rw_forger', uri: 'file:/tmp/known', wrapperKeyId: 'known'};
    await stores.keyHierarchy.insertRootWrapper({...forged, state: 'adding'});
    await stores.keyHierarchy.updateRootWrapper('rw_forger', {from: 'adding', to: 'active'});
    // Once the key process has heard of it, it makes none at all: as new root keys, until an operator has retired it.
    const roots = await rootsOf(2).catch((error: unknown) => {
      if (error instanceof UnavailableError) return '';
      throw error;
    });
    expect(roots).not.to.contain('rw_forger');
  });

  it('end the connection where a piece is too long, or a number is none', async () => {
    await scene.backups.begin(1);
    await scene.backups.start(1, 2 * CHUNK_BYTES);
    // What the sending end would not send.
    expect(await rejection(scene.backups.seal(1, piece(CHUNK_BYTES + 1)))).to.be.an.instanceOf(InternalError);
    expect(await rejection(scene.sendRaw('backups.seal', [1, piece(CHUNK_BYTES + 1)]))).to.be.an.instanceOf(
      UnavailableError,
    );
    expect(await scene.ended).to.be.an.instanceOf(ProtocolError);
  });
});
