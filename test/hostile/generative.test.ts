import {expect} from 'chai';
import {Random} from '../support/random.ts';
import {signDraft, wireBytes, type WireRequest} from '../support/signed-request.ts';
import {Bases, ONCE, REPEATABLE, SUCCESS, type Kind} from './generative/bases.ts';
import {exchange, type Answer} from './generative/exchange.ts';
import {makeMutant} from './generative/make-mutant.ts';
import type {Mutant} from './generative/mutant.ts';
import {HostileScene} from './support/hostile-scene.ts';

const COUNT = process.env['WEBKMS_TEST_LONG'] ? 30_000 : 3000;
const SEED = Number(process.env['WEBKMS_TEST_SEED'] ?? 20_261_122);
/** Sent at a time. */
const BATCH = 64;
/** An answer takes as long as it takes; what does not end is waited for so long. */
const PATIENCE_MS = {whole: 15_000, open: 250};
const INSIDE = /\n\s+at |node_modules|node:|file:|\.[jt]s\b|sqlite|\/tmp\//i;
/** The table that a kind's success adds a row to. */
const ROWS: Readonly<Partial<Record<Kind, string>>> = {createKeystore: 'keystore', generateKey: 'key_record'};

describe(`hostile: ${COUNT} mutants of valid requests, seed ${SEED}`, () => {
  let scene: HostileScene;
  let bases: Bases;
  before(async () => {
    scene = await HostileScene.start({}, {tls: 'off'});
    await scene.furnish();
    bases = await Bases.make(scene);
  });
  after(async () => scene.stop());

  it('no 5xx, no success but of what says the same, nothing stored, alive', async () => {
    const random = new Random(SEED);
    const made: Record<string, number> = {keystore: 0, key_record: 0};
    const tally: Record<string, number> = {};
    const before = scene.database.counts();
    for (let done = 0; done < COUNT; done += BATCH) {
      const mutants: Mutant[] = [];
      while (mutants.length < BATCH) mutants.push(await makeMutant({scene, bases, random}));
      const answers = await Promise.all(mutants.map(async (mutant) => sendMutant(mutant)));
      expect(Object.keys(Object.prototype), 'what every object inherits').to.deep.equal([]);
      for (const [index, mutant] of mutants.entries()) {
        const answer = answers[index] ?? {statuses: [], text: ''};
        expectFate(mutant, answer, done + index);
        const table = ROWS[mutant.kind];
        if (mutant.fate === 'accepted' && table) made[table] = (made[table] ?? 0) + 1;
        tally[`${mutant.fate}, ${mutant.name}`] = (tally[`${mutant.fate}, ${mutant.name}`] ?? 0) + 1;
      }
      await expectAlive(done);
    }
    expectTally(tally);
    const after = scene.database.counts();
    for (const table of ['keystore', 'key_record', 'key_version', 'revocation']) {
      const added = made[table === 'key_version' ? 'key_record' : table] ?? 0;
      expect(after[table], table).to.equal((before[table] ?? 0) + added);
    }
  }).timeout(COUNT * 200);

  it('what they were mutants of was right all along', async () => {
    const random = new Random(SEED);
    for (const kind of [...REPEATABLE, ...ONCE]) {
      for (let i = 0; i < (ONCE.includes(kind) ? 1 : 5); i++) {
        const {draft} = bases.of(kind, random);
        // A second of its own: what was a mutant's replay is not this one's.
        const created = String(Number(draft.created) - 100 - i);
        await scene.accepted(signDraft({...draft, created}), SUCCESS[kind] ?? 200);
      }
    }
  });

  async function sendMutant({name, request}: Mutant): Promise<Answer> {
    const isWhole = !Buffer.isBuffer(request) && name !== 'other framing';
    const bytes = Buffer.isBuffer(request) ? request : wireBytes(request);
    return exchange(scene.server.port, bytes, isWhole ? PATIENCE_MS.whole : PATIENCE_MS.open);
  }

  function expectFate({name, kind, fate, request}: Mutant, {statuses, text}: Answer, index: number): void {
    const about = (what: string) =>
      `${what}: mutant ${index} of seed ${SEED} (${kind}, ${name}) answered ${statuses.join()}\n${show(request)}\n${text}`;
    if (statuses.some((status) => status >= 500)) expect.fail(about('server error'));
    if (INSIDE.test(text)) expect.fail(about('leak'));
    if (fate === 'refused' && statuses.some((status) => status < 400)) expect.fail(about('success'));
    if (fate === 'accepted' && statuses[0] !== (SUCCESS[kind] ?? 200)) expect.fail(about('refusal'));
  }

  async function expectAlive(index: number): Promise<void> {
    if (index % (BATCH * 8) === 0) await scene.accepted(scene.signing());
  }
});

/** Every kind of change was made, and often enough for its share. */
function expectTally(tally: Readonly<Record<string, number>>): void {
  const total = Object.values(tally).reduce((sum, count) => sum + count, 0);
  const refused = Object.entries(tally).filter(([name]) => name.startsWith('refused'));
  expect(refused.reduce((sum, [, count]) => sum + count, 0) / total).to.be.greaterThan(0.7);
  expect(Object.keys(tally).length).to.be.greaterThan(40);
  for (const [name, count] of Object.entries(tally)) expect(count, name).to.be.greaterThan(1);
}

function show(request: WireRequest | Buffer): string {
  return (Buffer.isBuffer(request) ? request : wireBytes(request)).toString('latin1').slice(0, 60000);
}
