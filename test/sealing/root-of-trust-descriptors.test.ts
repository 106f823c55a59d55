import {closeSync, fstatSync, openSync, readSync, writeFileSync} from 'node:fs';
import {expect} from 'chai';
import {useRootOfTrust} from './root-of-trust-fixture.ts';

const PASSPHRASE = 'correct horse battery staple';

describe('RootOfTrust of passphrase:fd=', () => {
  const t = useRootOfTrust();
  const descriptor = (text: string): number => {
    writeFileSync(t.path('line'), text, {mode: 0o600});
    return openSync(t.path('line'), 'r');
  };
  /** Beyond all that the process has open: what else goes on in it takes lower numbers, and leaves this one alone. */
  const highDescriptor = (text: string): number => {
    const lower = Array.from({length: 64}, () => descriptor(text));
    const fd = descriptor(text);
    for (const other of lower) closeSync(other);
    return fd;
  };
  /** Opened by that number, which is free. */
  const descriptorNumbered = (number: number, text: string): number => {
    const lower: number[] = [];
    let fd = descriptor(text);
    while (fd < number) {
      lower.push(fd);
      fd = descriptor(text);
    }
    for (const other of lower) closeSync(other);
    return fd;
  };
  /** It is as it was opened: nobody has read it, or closed it. */
  const expectUntouched = (fd: number): void => {
    expect(fstatSync(fd).isFile()).to.be.true;
    expect(readSync(fd, Buffer.alloc(1))).to.equal(1);
    closeSync(fd);
  };

  it('is read when the process starts, and never again: the number may be something else by then', async () => {
    const fd = highDescriptor(`${PASSPHRASE}\n`);
    const root = await t.open(`passphrase:fd=${fd}`);
    expect(root.isSealed()).to.be.false;
    const other = descriptorNumbered(fd, 'the database\n');
    expect(other, 'the number is used again').to.equal(fd);
    await root.seal();
    await root.unsealStored();
    expect(root.isSealed()).to.be.true;
    expect(root.status()[0]?.reason).to.include('nobody to ask');
    // Whoever unseals is asked.
    t.secretSource.answers.push(PASSPHRASE);
    await root.unsealStored({secretSource: t.secretSource});
    expect(root.isSealed()).to.be.false;
    await root.refresh();
    expectUntouched(other);
  });

  it('is read only where the setting names it: what the store lists may be anything', async () => {
    t.secretSource.answers.push(PASSPHRASE, PASSPHRASE);
    await t.open('passphrase:prompt');
    const other = descriptor(`${PASSPHRASE}\n`);
    const [record] = t.store.rootWrappers;
    t.store.rootWrappers[0] = {...record!, uri: `passphrase:fd=${other}`};
    t.secretSource.answers.push(PASSPHRASE);
    expect((await t.open(t.uri('no.key'))).isSealed()).to.be.false;
    expectUntouched(other);
    const named = descriptor(`${PASSPHRASE}\n`);
    expect((await t.open(`passphrase:fd=${named}`)).isSealed()).to.be.false;
    expect(() => fstatSync(named)).to.throw('EBADF');
  });
});
