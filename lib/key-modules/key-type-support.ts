import {findKeyType, KEY_TYPES, type KeyType, type KeyTypeDescriptor} from '../keys/key-types.ts';
import type {KeyModule, KeyTypeSupport} from './key-module.ts';

/** A key type as a module has it: the type's own descriptor, with what the module does of it. */
export interface OfferedKeyType
  extends KeyTypeDescriptor, Pick<KeyTypeSupport, 'importable' | 'extractable'> {}

const WHOLE = new Map<string, KeyTypeSupport>(
  Object.values(KEY_TYPES).map(({name, operations, signatureAlgorithms, encryptionAlgorithms}) => {
    const support: KeyTypeSupport = {
      operations,
      ...(signatureAlgorithms && {signatureAlgorithms}),
      ...(encryptionAlgorithms && {encryptionAlgorithms}),
      importable: true,
      extractable: true,
    };
    return [name, Object.freeze(support)];
  }),
);

/** Of a module that does with keys of `type` all that there is to do; undefined where there is no such type. */
export function wholeSupport(type: string): KeyTypeSupport | undefined {
  return WHOLE.get(type);
}

/** What was made of what modules declared: they give the same objects again and again, maybe one for several types. */
const made = new WeakMap<KeyTypeSupport, Map<KeyType, OfferedKeyType>>();

/** @returns the type that the wire calls `name` as the module has it, or undefined where it has no such type. */
export function offeredKeyType(module: Pick<KeyModule, 'keyType'>, name: string): OfferedKeyType | undefined {
  const type = findKeyType(name);
  const support = type && module.keyType(type.name);
  if (!support) return undefined;
  let ofSupport = made.get(support);
  if (!ofSupport) made.set(support, (ofSupport = new Map<KeyType, OfferedKeyType>()));
  let offered = ofSupport.get(type.name);
  if (!offered) ofSupport.set(type.name, (offered = narrow(type, support)));
  return offered;
}

/** The types that the module has, by their names on the wire. */
export function offeredKeyTypes(module: Pick<KeyModule, 'keyType'>): readonly KeyType[] {
  return Object.values(KEY_TYPES).flatMap(({name}) => (module.keyType(name) ? [name] : []));
}

function narrow(type: KeyTypeDescriptor, support: KeyTypeSupport): OfferedKeyType {
  const {signatureAlgorithms, encryptionAlgorithms, ...rest} = type;
  const {importable, extractable} = support;
  const operations = common(type.operations, support.operations);
  const signs = operations.includes('sign') || operations.includes('verify');
  const encrypts = operations.includes('encrypt') || operations.includes('decrypt');
  return Object.freeze({
    ...rest,
    operations,
    ...(signs && {signatureAlgorithms: common(signatureAlgorithms, support.signatureAlgorithms)}),
    ...(encrypts && {encryptionAlgorithms: common(encryptionAlgorithms, support.encryptionAlgorithms)}),
    importable,
    extractable,
  });
}

/** In the order of the type's own. */
function common<T>(ofType: readonly T[] = [], ofModule: readonly T[] = []): readonly T[] {
  return Object.freeze(ofType.filter((word) => ofModule.includes(word)));
}
