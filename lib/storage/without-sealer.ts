import type {RootWrapperRecord} from './key-hierarchy-store.ts';

/** A root wrapper as it is moved: its sealer comes after the keys that it names. */
export const withoutSealer = ({
  id,
  uri,
  wrapperKeyId,
  parameters,
  createdAt,
  state,
}: RootWrapperRecord): Omit<RootWrapperRecord, 'sealer'> => ({
  ...{id, uri, wrapperKeyId, createdAt, state},
  ...(parameters !== undefined && {parameters}),
});
