import type {KeyModule, KeyVersion} from '../key-modules/key-module.ts';
import type {OfferedKeyType} from '../key-modules/key-type-support.ts';
import type {KeyTypeDescriptor} from '../keys/key-types.ts';

/** What the tests of a key type work with; RSA keys take seconds to make, so all of them share two keys. */
export interface Subject {
  readonly module: KeyModule;
  /** With what the module does of it. */
  readonly type: OfferedKeyType;
  readonly key: KeyVersion;
  /** Another key of the same type. */
  readonly other: KeyVersion;
}

/** Tests of what keys of that type do, if the module has them. */
export type DescribeOperation = (subject: () => Subject, keyType: KeyTypeDescriptor) => void;

/** Skips the tests around it where the module does not say that it does this. */
export function onlyIf(subject: () => Subject, isOffered: (type: OfferedKeyType) => boolean): void {
  before(function () {
    if (!isOffered(subject().type)) this.skip();
  });
}
