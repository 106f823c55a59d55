import {
  delegateChain,
  draftCapability,
  signCapability,
  type Capability,
  type CapabilityDraft,
} from '../support/delegate.ts';
import {controller, type Controller} from '../support/did-key.ts';
import {rootCapabilityId} from '../support/signed-request.ts';
import {itRefuses, useScene, type Case} from './support/cases.ts';
import {setProof} from './support/delegations.ts';
import type {HostileScene} from './support/hostile-scene.ts';
import {forbidden, unproven, type Refusal} from './support/refusal.ts';

const structure = (says: string) => forbidden('chain-structure', says);
const INCONSISTENT = structure('The capability chain is inconsistent.');
const ENTRIES = structure(
  'The capability chain must consist of ids, but for its last entry: the parent itself, where that is delegated.',
);
const PARENT = structure('The last entry of the capability chain does not match the parent capability.');
const CYCLE = structure('The capability chain contains a cycle.');
const NO_ROOT = structure('The capability chain does not begin at a root capability.');
const TOO_LONG = structure('The capability chain exceeds the maximum allowed length of 10.');
const DELEGATOR = forbidden(
  'delegator',
  'The capability controller does not match the verification method (or its controller) used to delegate.',
);
const UNSIGNED = unproven('Invalid signature');

type Links = readonly Capability[];

/** Owner → alice → bob → carol, to sign with one key. */
async function threeLinks(
  s: HostileScene,
  change?: (draft: CapabilityDraft, index: number) => CapabilityDraft,
): Promise<Links> {
  return delegateChain({
    root: rootCapabilityId(s.keystore),
    holders: [s.owner, s.alice, s.bob, s.carol],
    invocationTarget: s.keys.ed25519,
    allowedAction: ['sign'],
    ...(change && {change}),
  });
}

const byCarol = (s: HostileScene, capability: object) => s.signing({signer: s.carol, capability});

/** The last link's chain replaced before bob signs it. */
function lastChain(
  change: (links: {root: string; first: Capability; second: Capability}) => readonly unknown[],
) {
  return async (s: HostileScene) => {
    const [first, second] = (await threeLinks(s)) as [Capability, Capability];
    const draft = draftCapability({parent: second, delegator: s.bob, controller: s.carol});
    const capabilityChain = change({root: rootCapabilityId(s.keystore), first, second});
    return byCarol(s, await signCapability(setProof({capabilityChain})(draft, s)));
  };
}

/** The second link replaced in a chain of three, and the third delegated from that. */
function secondLink(change: (second: Capability, s: HostileScene) => object | Promise<object>) {
  return async (s: HostileScene) => {
    const [, second] = (await threeLinks(s)) as [Capability, Capability];
    const parent = (await change(second, s)) as Capability;
    return byCarol(s, await signCapability(draftCapability({parent, delegator: s.bob, controller: s.carol})));
  };
}

function rootDocument(s: HostileScene, party: Controller): object {
  return {
    '@context': 'https://w3id.org/zcap/v1',
    id: rootCapabilityId(s.keystore),
    controller: party.did,
    invocationTarget: s.keystore,
  };
}

const STRUCTURE: readonly Case[] = (
  [
    ['R25 no chain', lastChain(() => []), PARENT],
    [
      'R25 the parent as a string',
      lastChain(({root, first, second}) => [root, first.id, second.id]),
      ENTRIES,
    ],
    ['R25 only the parent', lastChain(({second}) => [second]), ENTRIES],
    ['R25 every parent embedded', lastChain(({root, first, second}) => [root, first, second]), ENTRIES],
    ['R25 null in the place of the parent', lastChain(({root, first}) => [root, first.id, null]), ENTRIES],
    [
      'R25 an array in the place of the parent',
      lastChain(({root, first, second}) => [root, first.id, [second]]),
      ENTRIES,
    ],
    ['R25 a number among the ids', lastChain(({root, second}) => [root, 1, second]), ENTRIES],
    ['R25 ends at the grandparent', lastChain(({root, first}) => [root, first]), PARENT],
    ['R27 a link dropped', lastChain(({root, second}) => [root, second]), INCONSISTENT],
    [
      'R27 a link twice',
      lastChain(({root, first, second}) => [root, first.id, first.id, second]),
      INCONSISTENT,
    ],
    [
      'R27 links in another order',
      lastChain(({root, first, second}) => [first.id, root, second]),
      INCONSISTENT,
    ],
    [
      "R27 another id in the grandparent's place",
      lastChain(({root, second}) => [root, 'urn:uuid:other', second]),
      INCONSISTENT,
    ],
    [
      'R27 another root',
      lastChain(({first, second}) => [rootCapabilityId('https://evil.example/'), first.id, second]),
      INCONSISTENT,
    ],
    ['R27 no root', lastChain(({first, second}) => [first.id, second]), INCONSISTENT],
    [
      'R26 a longer chain claimed than there is',
      lastChain(({root, second}) => [root, ...Array.from({length: 9}, (_, i) => `urn:uuid:${i}`), second]),
      TOO_LONG,
    ],
    [
      'R29 a parent with another controller',
      secondLink((second, s) => ({
        ...second,
        controller: s.bob.did,
        expires: second.expires.replace(/.$/, '.0Z'),
      })),
      UNSIGNED,
    ],
    [
      'R29 a parent with more actions',
      secondLink((second) => ({...second, allowedAction: ['sign', 'verify']})),
      forbidden(
        'attenuation',
        'The "allowedAction" in a delegated capability must not be less restrictive than its parent.',
      ),
    ],
    [
      'R29 a parent of the same id, signed by a stranger',
      secondLink((second, s) => signCapability({...unsigned(second), delegator: s.stranger})),
      UNSIGNED,
    ],
    [
      'R29 a parent delegated by bob in place of alice',
      secondLink((second, s) =>
        signCapability(
          setProof({verificationMethod: s.bob.keyId})({...unsigned(second), delegator: s.bob}, s),
        ),
      ),
      DELEGATOR,
    ],
  ] satisfies readonly [string, Case['request'], Refusal][]
).map(([title, request, refusal]) => ({title, request, refusal}));

function unsigned({proof, ...document}: Capability): Omit<CapabilityDraft, 'delegator'> {
  return {document, proof: {...proof, proofValue: undefined}};
}

/** A chain in which `change` made one link otherwise, and every later one from it. */
function relinked(change: (draft: CapabilityDraft, index: number, s: HostileScene) => CapabilityDraft) {
  return async (s: HostileScene) =>
    byCarol(s, (await threeLinks(s, (draft, index) => change(draft, index, s))).at(-1) ?? {});
}

const ID = 'urn:uuid:00000000-0000-4000-8000-000000000000';
const RELINKED: readonly Case[] = [
  {
    title: 'R28 the same id at both ends',
    request: relinked((draft, index) =>
      index === 1 ? draft : {...draft, document: {...draft.document, id: ID}},
    ),
    refusal: CYCLE,
  },
  {
    title: 'R28 the same id in neighbours',
    request: relinked((draft, index) =>
      index === 2 ? draft : {...draft, document: {...draft.document, id: ID}},
    ),
    refusal: CYCLE,
  },
  ...[0, 1, 2].map((at): Case => ({
    title: `R29 link ${at + 1} delegated by a stranger`,
    request: relinked((draft, index, s) =>
      index === at
        ? setProof({verificationMethod: s.stranger.keyId})({...draft, delegator: s.stranger}, s)
        : draft,
    ),
    refusal: DELEGATOR,
  })),
  ...[0, 1, 2].map((at): Case => ({
    title: `R29 link ${at + 1} signed by a stranger in the delegator's name`,
    request: relinked((draft, index, s) => (index === at ? {...draft, delegator: s.stranger} : draft)),
    refusal: UNSIGNED,
  })),
  ...[0, 1].map((at): Case => ({
    title: `R29 link ${at + 1} made out to somebody else than the next delegator`,
    request: relinked((draft, index, s) =>
      index === at ? {...draft, document: {...draft.document, controller: s.stranger.did}} : draft,
    ),
    refusal: DELEGATOR,
  })),
  {
    title: 'R24 the root sent along, with another controller',
    request: relinked((draft, index, s) =>
      index === 0 ? setProof({capabilityChain: [rootDocument(s, s.owner)]})(draft, s) : draft,
    ),
    refusal: ENTRIES,
  },
  {
    title: "R25 a chain that begins at a delegated capability's id",
    request: async (s) => {
      const draft = draftCapability({
        parent: rootCapabilityId(s.keystore),
        delegator: s.owner,
        controller: s.carol,
      });
      const document = {...draft.document, parentCapability: ID};
      return byCarol(s, await signCapability(setProof({capabilityChain: [ID]})({...draft, document}, s)));
    },
    refusal: NO_ROOT,
  },
];

const PARTIES = Array.from({length: 10}, (_, index) => controller(`party ${index}`));

function chainOf(delegations: number) {
  return async (s: HostileScene) => {
    const holders = PARTIES.slice(0, delegations);
    return s.signing({signer: holders.at(-1) ?? s.owner, capability: await s.chain(holders)});
  };
}

describe('hostile: chain', () => {
  const scene = useScene();
  const good = async (s: HostileScene) => byCarol(s, (await threeLinks(s)).at(-1) ?? {});
  itRefuses(scene, [...STRUCTURE, ...RELINKED], {twin: good});
  itRefuses(scene, [{title: 'R26 11 links', request: chainOf(10), refusal: TOO_LONG, twin: chainOf(9)}]);
});
