import type {Mutation} from '../mutation.ts';
import {R1} from './r01-limits-and-framing.ts';
import {R2} from './r02-authorization-parameters.ts';
import {R3} from './r03-signature-time-spelling.ts';
import {R4} from './r04-signature-lifetime.ts';
import {R5} from './r05-signed-headers.ts';
import {R6} from './r06-request-target.ts';
import {R7} from './r07-host.ts';
import {R8} from './r08-digest.ts';
import {R9} from './r09-key-id.ts';
import {R10} from './r10-signature.ts';
import {R11} from './r11-replay.ts';
import {R13} from './r13-capability-parameters.ts';
import {R14} from './r14-root-capability.ts';
import {R15} from './r15-capability-encoding.ts';
import {R16} from './r16-capability-members.ts';
import {R17} from './r17-context.ts';
import {R18} from './r18-capability-id.ts';
import {R19} from './r19-capability-controller.ts';
import {R20} from './r20-target-value.ts';
import {R21} from './r21-action-value.ts';
import {R22} from './r22-dates.ts';
import {R23} from './r23-proof.ts';
import {R24} from './r24-collection-root.ts';
import {R25} from './r25-parents.ts';
import {R26} from './r26-chain-length.ts';
import {R27} from './r27-embedded-chains.ts';
import {R28} from './r28-cycles.ts';
import {R29} from './r29-delegator.ts';
import {R30} from './r30-fewer-actions.ts';
import {R31} from './r31-narrower-targets.ts';
import {R32} from './r32-query-keys.ts';
import {R33} from './r33-monotonic-dates.ts';
import {R34} from './r34-expiry.ts';
import {R35} from './r35-delegation-lifetime.ts';
import {R36} from './r36-invoker-and-operation.ts';
import {R37} from './r37-action-names.ts';
import {R39} from './r39-revocation-id.ts';
import {R40} from './r40-revoker.ts';
import {R41} from './r41-revoked-chains.ts';
import {R42} from './r42-revocation-identity.ts';
import {R43} from './r43-never-invocable.ts';
import {R44} from './r44-revocable.ts';
import {R46} from './r46-revoked-twice.ts';
import {R48} from './r48-keystore-update.ts';
import {R49} from './r49-source-address.ts';
import {R51} from './r51-did-web.ts';

const TABLES = [
  R1,
  R2,
  R3,
  R4,
  R5,
  R6,
  R7,
  R8,
  R9,
  R10,
  R11,
  R13,
  R14,
  R15,
  R16,
  R17,
  R18,
  R19,
  R20,
  R21,
  R22,
  R23,
  R24,
  R25,
  R26,
  R27,
  R28,
  R29,
  R30,
  R31,
  R32,
  R33,
  R34,
  R35,
  R36,
  R37,
  R39,
  R40,
  R41,
  R42,
  R43,
  R44,
  R46,
  R48,
  R49,
  R51,
];

/** All mutations, by requirement. */
export const MUTATIONS: readonly (readonly Mutation[])[] = TABLES.map(({list}) => list);
