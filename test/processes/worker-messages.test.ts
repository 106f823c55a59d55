import {expect} from 'chai';
import {
  handOverRequest,
  rootsChanged,
  workerListening,
  WorkerMessageError,
} from '../../lib/processes/worker-messages.ts';

describe('what workers say', () => {
  const point = new Uint8Array(32);

  it('is taken as it must be, and without what there is more', () => {
    expect(handOverRequest({point})).to.deep.equal({point});
    expect(handOverRequest({point, from: 2, more: 1})).to.deep.equal({point, from: 2});
    expect(rootsChanged({change: 'seal', from: 7})).to.deep.equal({change: 'seal'});
    const listening = {url: 'https://localhost:1', notices: ['one', 'two']};
    expect(workerListening({...listening, more: 1})).to.deep.equal(listening);
  });

  const refused: readonly (readonly [string, () => unknown])[] = [
    ['no point', () => handOverRequest({})],
    ['a point of text', () => handOverRequest({point: 'x'.repeat(32)})],
    ['a long point', () => handOverRequest({point: new Uint8Array(5000)})],
    ['a worker that has no number', () => handOverRequest({point, from: '2'})],
    ['a request that is none', () => handOverRequest(null)],
    ['another change', () => rootsChanged({change: 'unsealed'})],
    ['a change of a prototype', () => rootsChanged({change: 'constructor'})],
    ['no URL', () => workerListening({notices: []})],
    ['notices that are no list', () => workerListening({url: 'x', notices: {length: 1}})],
    ['many notices', () => workerListening({url: 'x', notices: Array<string>(101).fill('x')})],
    ['a notice that is no text', () => workerListening({url: 'x', notices: [1]})],
  ];
  for (const [what, parse] of refused)
    it(`is refused where it is ${what}`, () => expect(parse).to.throw(WorkerMessageError));
});
