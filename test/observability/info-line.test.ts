import {expect} from 'chai';
import fc from 'fast-check';
import {infoLines} from '../../lib/observability/info-line.ts';
import {createLogger} from '../../lib/observability/logger.ts';

/** What is written at a level, by pino and by us, without the time. */
function linesOfBoth(
  members: Record<string, string | number | undefined>,
  {level = 'info', bindings = {}} = {},
): {theirs: string[]; ours: string[]} {
  const written: string[] = [];
  const log = createLogger({level, stream: {write: (line) => void written.push(withoutTime(line))}}).child(
    bindings,
  );
  log.info(members, 'request');
  const theirs = written.splice(0);
  infoLines(log)({...members, msg: 'request'});
  return {theirs, ours: written};
}

const TIME = /"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/;

function withoutTime(line: string): string {
  expect(line).to.match(TIME);
  return line.replace(TIME, '"time":""');
}

describe('lines of level info', () => {
  it('are byte for byte what the logger would write', () => {
    fc.assert(
      fc.property(
        fc.record({
          requestId: fc.uuid(),
          path: fc.oneof(fc.string(), fc.string({unit: 'binary'}), fc.constant('\ud800"\\\n\u2028\u007f\0')),
          status: fc.nat(),
          ms: fc.double({noNaN: true, noDefaultInfinity: true}),
          address: fc.ipV6(),
          invoker: fc.option(fc.string(), {nil: undefined}),
        }),
        (members) => {
          const {theirs, ours} = linesOfBoth(members);
          expect(ours).to.deep.equal(theirs).and.to.have.length(1);
        },
      ),
    );
  });

  it('hold what all lines of a logger hold', () => {
    const {theirs, ours} = linesOfBoth({status: 200}, {bindings: {worker: 3, name: '"'}});
    expect(ours).to.deep.equal(theirs);
    expect(JSON.parse(ours[0] ?? '')).to.include({worker: 3, name: '"', status: 200, msg: 'request'});
  });

  it('are not written where the level is above', () => {
    expect(linesOfBoth({status: 200}, {level: 'warn'})).to.deep.equal({theirs: [], ours: []});
    expect(linesOfBoth({status: 200}, {level: 'debug'}).ours).to.have.length(1);
  });

  it('have the time of their own millisecond', async () => {
    const times: number[] = [];
    const stream = {
      write: (line: string) => void times.push(Date.parse((JSON.parse(line) as {time: string}).time)),
    };
    const write = infoLines(createLogger({level: 'info', stream}));
    for (let i = 0; i < 3; i++) {
      const before = Date.now();
      write({msg: 'x'});
      expect(times.pop()).to.be.within(before, Date.now());
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
  });
});
