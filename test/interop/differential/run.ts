import type {WireResponse} from '../../support/raw-client.ts';
import {Random} from '../../support/random.ts';
import {signDraft, type WireRequest} from '../../support/signed-request.ts';
import type {Attempt, Verdict} from './attempt.ts';
import {draftOf, makeBase, nameOf} from './base.ts';
import {Lane, type Servers} from './servers.ts';
import type {Kit, Make, Mutation} from './mutation.ts';
import {World} from './world.ts';

/** What both servers made of one request. */
export interface Judgement {
  readonly mutation: Mutation;
  readonly base: string;
  readonly ours: Answer;
  readonly reference: Answer;
  readonly request: WireRequest | Buffer;
}

export interface Answer {
  readonly verdict: Verdict;
  /** 0: the connection was closed without an answer. */
  readonly status: number;
  readonly text: string;
}

export interface Plan {
  readonly seed: number;
  /** How many requests are valid ones, as they are. */
  readonly valid: number;
  readonly mutations: readonly (readonly Mutation[])[];
  /** How many mutants there are at least of each table. */
  readonly perRequirement: number;
}

/** A valid request, signed and sent as it is. */
const VALID: Mutation = {
  requirement: 'valid',
  name: 'none',
  ours: 'accepts',
  reference: 'accepts',
  make: async ({world, random}) => {
    const base = await makeBase(world, random);
    return {base: nameOf(base), request: signDraft(draftOf(base))};
  },
};

/** Requests in flight at a time: while one server reckons, the other does. */
const LANES = 3;

/** Has both servers judge what the plan asks for. */
export async function judgeAll(servers: Servers, plan: Plan): Promise<readonly Judgement[]> {
  const world = new World(servers);
  await world.open();
  const queue = enqueue(plan);
  const judgements: Judgement[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    const lane = new Lane(servers);
    for (let index = next++; index < queue.length; index = next++) {
      // A source of its own for each: what one attempt does never changes the next.
      const kit = {world, random: new Random(plan.seed * 100_003 + index)};
      judgements.push(await judge(lane, queue[index]!, kit));
    }
    lane.close();
  };
  await Promise.all(Array.from({length: LANES}, work));
  world.close();
  return judgements;
}

/** Mutations by turns, among them the valid requests, evenly. */
function enqueue({valid, mutations, perRequirement}: Plan): readonly Mutation[] {
  const mutants = mutations.flatMap((table) => {
    const rounds = Math.ceil(perRequirement / table.length);
    return Array.from({length: rounds}, () => table).flat();
  });
  const every = Math.max(1, Math.floor(mutants.length / Math.max(1, valid)));
  const queue: Mutation[] = [];
  let left = valid;
  for (const [index, mutant] of mutants.entries()) {
    queue.push(mutant);
    if (index % every === 0 && left-- > 0) queue.push(VALID);
  }
  while (left-- > 0) queue.push(VALID);
  return queue;
}

async function judge(lane: Lane, mutation: Mutation, kit: Kit): Promise<Judgement> {
  const {base, prelude = [], request} = await attempt(mutation.make, mutation, kit);
  for (const first of prelude) {
    const [ours, reference] = await both(lane, first);
    if (ours.verdict === 'refuses' || reference.verdict === 'refuses') {
      throw new Error(
        `${mutation.requirement} ${mutation.name}: ${ours.text} / ${reference.text} before its time.`,
      );
    }
  }
  const [ours, reference] = await both(lane, request);
  return {mutation, base, ours, reference, request};
}

async function attempt(make: Make, {requirement, name}: Mutation, kit: Kit): Promise<Attempt> {
  try {
    return await make(kit);
  } catch (cause) {
    throw new Error(`${requirement} ${name} cannot be made.`, {cause});
  }
}

async function both(
  lane: Lane,
  request: WireRequest | Buffer,
): Promise<readonly [ours: Answer, reference: Answer]> {
  return Promise.all([
    answer(async () => lane.sendToOurs(request)),
    answer(async () => lane.sendToReference(request)),
  ]);
}

async function answer(send: () => Promise<WireResponse>): Promise<Answer> {
  try {
    const {status, text} = await send();
    return {verdict: status < 300 ? 'accepts' : 'refuses', status, text};
  } catch (error) {
    return {verdict: 'refuses', status: 0, text: String(error)};
  }
}
