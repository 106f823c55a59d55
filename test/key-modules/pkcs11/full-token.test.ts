import {execFileSync, spawnSync} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {LocalKms} from '../../../lib/client/local/local-kms.ts';
import {UnavailableError} from '../../../lib/errors.ts';
import {rejection} from '../../../lib/key-module-suite/fixtures.ts';
import {CKA} from '../../../lib/pkcs11/cryptoki.ts';
import {Pkcs11Token} from '../../../lib/pkcs11/pkcs11-token.ts';
import {controller} from '../../support/did-key.ts';
import {skipFor} from '../../support/missing-program.ts';
import {SoftHsmToken} from '../../support/softhsm-token.ts';

const DATA = Buffer.from('data');
const MOST_KEYS = 200;

/** SoftHSM2 keeps objects in files: on a file system with no room, of which only root can make one, its token is full. */
describe('a full token of PKCS #11', function () {
  this.timeout(60_000);
  let hsm: SoftHsmToken;
  let tokens: string;
  let dataDir: string;
  const closing = new AsyncDisposableStack();

  before(async function () {
    hsm = await SoftHsmToken.create(this);
    closing.defer(() => hsm.delete());
    tokens = join(hsm.directory, 'tokens');
    const full = join(hsm.directory, 'full');
    execFileSync('cp', ['-a', tokens, full]);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'webkms-test', tokens]);
    if (mounted.status !== 0) skipFor(this, 'nobody here may mount a small file system');
    closing.defer(() => void execFileSync('umount', [tokens]));
    execFileSync('cp', ['-a', `${full}/.`, tokens]);
    dataDir = await mkdtemp(join(tmpdir(), 'webkms-hsm-'));
    closing.defer(() => rm(dataDir, {recursive: true, force: true}));
  });
  after(() => closing.disposeAsync());

  it('makes no key, and no half of one; those that there are sign, and with room there are new ones', async () => {
    const made: string[] = [];
    const kms = await LocalKms.open({dataDir, controller: controller('hsm').did, environment: hsm.settings});
    try {
      const error = await rejection(
        (async () => {
          while (made.length < MOST_KEYS)
            made.push((await kms.generateKeyPair('ecdsa-p256')).privateKey.jwk.kid);
        })(),
      );
      expect(error).to.be.instanceOf(UnavailableError);
      expect(made).to.have.length.above(3);
      const listed: unknown[] = [];
      for await (const key of kms.listKeys()) listed.push(key);
      expect(listed).to.have.length(made.length);
      for (const kid of [made[0]!, made.at(-1)!])
        expect((await kms.sign(kid, DATA)).signature).to.have.length(64);
      execFileSync('mount', ['-o', 'remount,size=8m', tokens]);
      const {privateKey} = await kms.generateKeyPair('ecdsa-p256');
      expect((await kms.sign(privateKey.jwk.kid, DATA)).signature).to.have.length(64);
    } finally {
      await kms.destroy();
    }
    const token = await Pkcs11Token.open(hsm.options({stateDir: dataDir, sessions: 1}));
    try {
      const objects = await token.list([{type: CKA.TOKEN, value: true}], [CKA.LABEL]);
      expect(objects).to.have.length(made.length + 1);
    } finally {
      await token.close();
    }
  });
});
