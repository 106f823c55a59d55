import {expect} from 'chai';
import {UnavailableError} from '../../lib/errors.ts';
import {rejection} from '../../lib/key-module-suite/fixtures.ts';
import {CKR} from '../../lib/pkcs11/cryptoki.ts';
import {Pkcs11Error} from '../../lib/pkcs11/pkcs11-error.ts';
import {TokenRecovery, type TokenRecoveryOptions} from '../../lib/pkcs11/token-recovery.ts';

const failure = (code: number): Pkcs11Error => new Pkcs11Error('CKR_X', code);

describe('recovering from what a token of PKCS #11 answers', () => {
  let asked: string[];
  let fault: Error | undefined;
  beforeEach(() => {
    asked = [];
    fault = undefined;
  });

  function recovery(timeLimitMs = 1000): TokenRecovery {
    const connection: TokenRecoveryOptions['connection'] = {
      era: 1,
      async run(job) {
        asked.push(job);
        if (fault) throw fault;
        return undefined;
      },
      logInAgain: async (era) => void asked.push(`log in ${era}`),
      findAgain: async (era) => void asked.push(`find ${era}`),
    };
    return new TokenRecovery({connection, timeLimitMs, onLoss: () => void asked.push('loss')});
  }

  /** Work that fails so, one after the other, and then does not. */
  function failing(...errors: readonly Error[]): () => Promise<number> {
    let tries = 0;
    return async () => {
      tries += 1;
      const error = errors[tries - 1];
      if (error) throw error;
      return tries;
    };
  }

  for (const [name, code, cure] of [
    ['a session that was closed', CKR.SESSION_HANDLE_INVALID, ['loss']],
    ['an operation that another left', CKR.OPERATION_ACTIVE, ['loss']],
    ['a handle that does not hold', CKR.KEY_HANDLE_INVALID, ['loss']],
    ['a login that ended', CKR.USER_NOT_LOGGED_IN, ['loss', 'log in 1']],
    ['a token that was removed', CKR.DEVICE_REMOVED, ['loss', 'find 1']],
    ['a library that has ended', CKR.CRYPTOKI_NOT_INITIALIZED, ['loss', 'find 1']],
  ] as const) {
    it(`cures ${name}`, async () => {
      expect(await recovery().attempt(failing(failure(code)))).to.equal(2);
      expect(asked).to.deep.equal(cure);
    });
  }

  it('leaves what is no loss to who asked', async () => {
    for (const error of [
      failure(CKR.MECHANISM_INVALID),
      failure(CKR.ENCRYPTED_DATA_INVALID),
      new TypeError('x'),
    ]) {
      expect(await rejection(recovery().attempt(failing(error)))).to.equal(error);
    }
    expect(asked).to.deep.equal([]);
  });

  it('believes an unclear answer that comes twice, of a token that is well, whose handles hold', async () => {
    const unclear = failure(CKR.GENERAL_ERROR);
    expect(await recovery().attempt(failing(unclear))).to.equal(2);
    expect(await rejection(recovery().attempt(failing(unclear, unclear)))).to.equal(unclear);
    expect(new Set(asked)).to.deep.equal(new Set(['assertUsable']));
  });

  it('looks for the token where the answer is unclear, and it is not well', async () => {
    const unclear = failure(CKR.GENERAL_ERROR);
    fault = unclear;
    expect(await recovery().attempt(failing(unclear, unclear, unclear))).to.equal(4);
    expect(asked.slice(0, 3)).to.deep.equal(['assertUsable', 'loss', 'find 1']);
    asked = [];
    fault = failure(CKR.USER_NOT_LOGGED_IN);
    expect(await recovery().attempt(failing(unclear))).to.equal(2);
    expect(asked).to.deep.equal(['assertUsable', 'loss', 'log in 1']);
    fault = new UnavailableError('x');
    expect(await rejection(recovery().attempt(failing(unclear)))).to.equal(fault);
  });

  it('gives up in the end', async () => {
    const lost = failure(CKR.SESSION_CLOSED);
    const always = async (): Promise<never> => {
      throw lost;
    };
    for (const timeLimitMs of [0, 60_000]) {
      const error = await rejection(recovery(timeLimitMs).attempt(always));
      expect(error).to.be.instanceOf(UnavailableError).with.property('cause', lost);
    }
  });
});
