import {expect} from 'chai';
import {UnavailableError} from '../../lib/errors.ts';
import {reportKeyAges, startKeyAgeReport} from '../../lib/maintenance/key-age-report.ts';
import {Pace} from '../../lib/maintenance/pace.ts';
import {addKeyWith, DAY_MS} from './key-lifecycle-fixture.ts';
import type {LogLine, Node} from './node.ts';
import {unguarded} from './unguarded.ts';
import {until} from './until.ts';
import {useNodes} from './use-nodes.ts';

const MESSAGE = 'keys are older than WEBKMS_KEY_ROTATION suggests: rotate them';

describe('the report of old keys', () => {
  const nodes = useNodes();
  const random = Math.random;
  afterEach(() => {
    Math.random = random;
  });
  const reported = (node: Node): readonly LogLine[] => node.lines.filter(({msg}) => msg === MESSAGE);
  const optionsOf = ({management: {stores, settings, log}}: Node, aheadDays: number) => ({
    ...{stores, defaults: settings.keyDefaults, log},
    clock: () => Date.now() + aheadDays * DAY_MS,
    pace: new Pace({share: 1}),
  });
  const report = (node: Node, aheadDays: number): Promise<void> =>
    reportKeyAges(optionsOf(node, aheadDays), new AbortController().signal);

  it('counts those that are older than is suggested for their kind, in one line', async () => {
    const node = await nodes.open();
    // Each keystore has as many symmetric keys as others.
    const [first = ''] = await node.populate({keystores: 3, keys: 4});
    await node.addKeystore();
    await addKeyWith(node, first, {state: 'disabled'});
    await addKeyWith(node, first, {policy: {rotation: {afterSeconds: 90 * 86_400}}});
    await report(node, 89);
    expect(reported(node)).to.deep.equal([]);
    await report(node, 91);
    await report(node, 366);
    const told = reported(node).map(({level, keys, keystores}) => ({level, keys, keystores}));
    expect(told).to.deep.equal([
      {level: 'warn', keys: 6, keystores: 3},
      {level: 'warn', keys: 12, keystores: 3},
    ]);
  });

  it('reads keystores of any size', async () => {
    const node = await nodes.open();
    await node.populate({keystores: 1, keys: 120});
    await report(node, 400);
    expect(reported(node)[0]).to.include({keys: 120, keystores: 1});
  });

  it('passes over what cannot be read', async () => {
    const node = await nodes.open();
    const [first = ''] = await node.populate({keystores: 2, keys: 2});
    unguarded(
      nodes.dataDir(),
      `UPDATE key_record SET policy = '{ }'
       WHERE keystore = (SELECT position FROM keystore WHERE id = ?)`,
      first,
    );
    await report(node, 400);
    expect(reported(node)[0]).to.include({keys: 2, keystores: 1});
  });

  it('waits for another day where the store is down', async () => {
    const node = await nodes.open();
    const options = optionsOf(node, 400);
    const listIds = async (): Promise<never> => {
      throw new UnavailableError('The disk is gone.');
    };
    const stores = {keys: options.stores.keys, keystores: {listIds}};
    await reportKeyAges({...options, stores}, new AbortController().signal);
    expect(node.logged('warn').map(({msg}) => msg)).to.include('the age of keys could not be looked at');
  });

  it('is made by itself, until that is stopped', async () => {
    const node = await nodes.open();
    await node.populate({keystores: 1, keys: 1});
    Math.random = () => 0;
    const stop = startKeyAgeReport(optionsOf(node, 400));
    Math.random = random;
    await until(async () => reported(node).length === 1);
    await stop();
    Math.random = () => 0;
    await startKeyAgeReport(optionsOf(node, 400))();
    expect(reported(node)).to.have.lengthOf(1);
  });
});
