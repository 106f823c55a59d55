import {expect} from 'chai';
import {runServer, type TestServer} from '../support/run-server.ts';
import {FUZZED} from './differential/fuzz.ts';
import {describeJudgement, groupBy} from './differential/judgement.ts';
import type {Mutation} from './differential/mutation.ts';
import {MUTATIONS} from './differential/mutations/index.ts';
import {judgeAll, type Judgement} from './differential/run.ts';
import {table} from './differential/table.ts';
import {startReferenceServer, type ReferenceServer} from './reference-server.ts';
import {EXCEPTIONS} from './exceptions.ts';
import {STRICTER} from './stricter.ts';

/** `WEBKMS_TEST_SEED` runs another selection of the same kinds. */
const SEED = Number(process.env['WEBKMS_TEST_SEED'] ?? 20_261_122);
const TIMES = process.env['WEBKMS_TEST_LONG'] === '1' ? 10 : 1;
const VALID = 2400 * TIMES;
const MUTANTS_PER_REQUIREMENT = 60 * TIMES;
const FUZZED_REQUESTS = 400 * TIMES;

describe('differential', () => {
  let ours: TestServer;
  let reference: ReferenceServer;
  let judgements: readonly Judgement[];
  let fuzzed: readonly Judgement[];

  before(async function () {
    this.timeout(300_000 * TIMES);
    // Plain HTTP on both sides, as behind a TLS proxy: it is not TLS that is compared.
    ours = await runServer({tls: 'off'});
    reference = await startReferenceServer({host: ours.host});
    const {baseUrl, host} = ours;
    const servers = {baseUrl, host, ours, reference};
    const plan = {seed: SEED, valid: VALID, mutations: MUTATIONS, perRequirement: MUTANTS_PER_REQUIREMENT};
    judgements = await judgeAll(servers, plan);
    fuzzed = await judgeAll(servers, {
      seed: SEED,
      valid: 0,
      mutations: [FUZZED.list],
      perRequirement: FUZZED_REQUESTS,
    });
    console.log(`seed ${SEED}\n${table([...judgements, ...fuzzed])}`);
  });
  after(async () => {
    await reference.stop();
    await ours.stop();
  });

  it('judges enough', () => {
    expect(judgements.length).to.be.at.least(5000);
    const accepted = judgements.filter(({reference: {verdict}}) => verdict === 'accepts');
    expect(accepted.length / judgements.length).to.be.at.least(0.4);
    const broken = judgements.filter(({mutation}) => mutation.ours === 'refuses');
    const counts = groupBy(broken, ({mutation}) => mutation.requirement);
    for (const [{requirement}] of MUTATIONS as readonly [Mutation][]) {
      expect(counts.get(requirement)?.length, requirement).to.be.at.least(20);
    }
  });

  it('is answered by our server, and never by a failure', () => {
    const failures = [...judgements, ...fuzzed].filter(({ours: {status}}) => status === 0 || status >= 500);
    expect(failures.map(describeJudgement)).to.deep.equal([]);
  });

  it('nothing that the reference refuses is accepted, but for the exceptions', () => {
    const laxer = [...judgements, ...fuzzed].filter(
      ({mutation, ours: {verdict}, reference: {verdict: other}}) =>
        verdict === 'accepts' && other === 'refuses' && !mutation.exception,
    );
    expect(laxer.map(describeJudgement)).to.deep.equal([]);
  });

  it('what only we refuse is on the list', () => {
    const stricter = judgements.filter(
      ({mutation, ours: {verdict}, reference: {verdict: other}}) =>
        verdict === 'refuses' && other === 'accepts' && !mutation.stricter,
    );
    expect(stricter.map(describeJudgement)).to.deep.equal([]);
  });

  it('every verdict is the expected one', () => {
    const unexpected = judgements.filter(
      ({mutation, ours: {verdict}, reference: {verdict: other}}) =>
        verdict !== mutation.ours || other !== mutation.reference,
    );
    expect(unexpected.map(describeJudgement)).to.deep.equal([]);
  });

  it('every difference on the lists was met', () => {
    const differing = judgements.filter(
      ({ours: {verdict}, reference: {verdict: other}}) => verdict !== other,
    );
    const met = new Set(
      differing.flatMap(({mutation: {stricter, exception}}) => stricter ?? exception ?? []),
    );
    expect([...met].sort()).to.deep.equal([...Object.keys(STRICTER), ...Object.keys(EXCEPTIONS)].sort());
  });

  it('each difference is named after its requirement', () => {
    for (const {stricter, exception, requirement} of MUTATIONS.flat()) {
      const [named = requirement] = (stricter ?? exception)?.split('.') ?? [];
      // A revocation's URL is a URL like others.
      expect(named).to.be.oneOf(requirement === 'R39' ? ['R39', 'R31'] : [requirement]);
    }
  });
});
