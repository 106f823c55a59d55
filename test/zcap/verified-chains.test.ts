import {expect} from 'chai';
import type {WrittenDelegation} from '../../lib/zcap/canonical/delegation-data.ts';
import {VerifiedChains} from '../../lib/zcap/verified-chains.ts';

describe('VerifiedChains', () => {
  const written = (): WrittenDelegation => Object.freeze({}) as WrittenDelegation;
  const document = (id: number, text = '') => ({id: `urn:${id}`, proof: {proofValue: 'z1', text}});

  it('knows a chain by all of its text', () => {
    const chains = new VerifiedChains();
    const one = written();
    chains.remember(VerifiedChains.nameOf(document(1)), one);
    expect(chains.recall(VerifiedChains.nameOf(document(1)))).to.equal(one);
    for (const other of [
      document(2),
      document(1, 'x'),
      {...document(1), id: ['urn:1']},
      {...document(1), more: ''},
      document(1).proof,
    ]) {
      expect(chains.recall(VerifiedChains.nameOf(other))).to.equal(undefined);
    }
  });

  it('forgets those that came longest ago, where they are many or long', () => {
    const chains = new VerifiedChains();
    const names = Array.from({length: 100}, (_, id) =>
      VerifiedChains.nameOf(document(id, 'x'.repeat(50_000))),
    );
    const isKnown = (index: number): boolean => chains.recall(names[index]!) !== undefined;
    for (const [index, name] of names.entries()) {
      chains.remember(name, written());
      expect(isKnown(0)).to.equal(true);
      expect(isKnown(index)).to.equal(true);
    }
    expect(names.filter((_, index) => isKnown(index))).to.have.length.within(30, 45);
    expect(isKnown(1)).to.equal(false);
  });
});
