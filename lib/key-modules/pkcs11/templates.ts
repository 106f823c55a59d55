import {CKA} from '../../pkcs11/cryptoki.ts';
import type {Template} from '../../pkcs11/token-job.ts';

/** What may be done with a key; all else may not. */
type Use = 'ENCRYPT' | 'DECRYPT' | 'WRAP' | 'UNWRAP' | 'SIGN' | 'VERIFY' | 'DERIVE';

const PRIVATE_USES: readonly Use[] = ['DECRYPT', 'UNWRAP', 'SIGN', 'DERIVE'];
const SECRET_USES: readonly Use[] = [...PRIVATE_USES, 'ENCRYPT', 'WRAP', 'VERIFY'];

/** Of an object that stays in the token and never leaves it: its value is shown to nobody, not even wrapped. */
function kept(known: readonly Use[], uses: readonly Use[]): Template {
  return [
    {type: CKA.TOKEN, value: true},
    {type: CKA.PRIVATE, value: true},
    {type: CKA.SENSITIVE, value: true},
    {type: CKA.EXTRACTABLE, value: false},
    ...known.map((use) => ({type: CKA[use], value: uses.includes(use)})),
  ];
}

export function privateKeyTemplate(...uses: readonly Use[]): Template {
  return kept(PRIVATE_USES, uses);
}

export function secretKeyTemplate(...uses: readonly Use[]): Template {
  return [...kept(SECRET_USES, uses), {type: CKA.VALUE_LEN, value: 32}];
}

/** The public key is stored with the key's record: the token need not keep it. */
export function publicKeyTemplate(use: 'VERIFY' | 'ENCRYPT' | undefined, parameters: Template): Template {
  return [
    {type: CKA.TOKEN, value: false},
    ...(['VERIFY', 'ENCRYPT'] as const).map((other) => ({type: CKA[other], value: other === use})),
    ...parameters,
  ];
}
