import {expect} from 'chai';
import {rotateUnderLoad} from './rotate-under-load.ts';

const LONG = process.env['WEBKMS_TEST_LONG'] === '1';

describe('rotation under load', function () {
  this.timeout(LONG ? 900_000 : 120_000);

  const [keystores, keysPerKeystore] = LONG ? [100, 100] : [8, 20];

  it(`${keystores * keysPerKeystore} keys: no request fails, no old version is left, every key signs`, async () => {
    const {before, during, after, seconds, versionsBefore, versionsAfter, stale, failing} =
      await rotateUnderLoad({
        keystores,
        keysPerKeystore,
        rate: LONG ? 200 : 100,
        secondsBefore: LONG ? 20 : 2,
      });
    console.log(
      `    ${seconds.toFixed(1)} s; p99 before ${before.p99.toFixed(1)} ms, during ${during.p99.toFixed(1)} ms ` +
        `(${(during.p99 / before.p99).toFixed(2)} times), after ${after.p99.toFixed(1)} ms; ${during.requests} requests during`,
    );
    for (const phase of [before, during, after]) expect(phase.failures, phase.name).to.deep.equal({});
    expect(during.requests).to.be.greaterThan(10);
    // Of few requests, on a machine that does other things besides, it says nothing.
    if (LONG) expect(during.p99, 'p99 in milliseconds').to.be.at.most(3 * before.p99);
    expect(stale).to.equal(0);
    expect(versionsAfter.newest).to.equal(versionsBefore.newest + 1);
    expect(versionsAfter.rootKeyVersions).to.equal(versionsBefore.rootKeyVersions);
    expect(versionsAfter.dataKeyVersions).to.equal(versionsBefore.dataKeyVersions);
    expect(failing).to.deep.equal([]);
  });
});
