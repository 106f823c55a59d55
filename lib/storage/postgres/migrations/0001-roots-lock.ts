/** `wKMSroot` in ASCII. Exclusive: the set of root wrappers changes. Shared: it stays as it is until the commit. */
export const ROOTS_LOCK = '8596049334564253556';

/** The body of a function for BEFORE STATEMENT. */
export const lockRoots = (how: '' | '_shared'): string => `
BEGIN
  PERFORM pg_advisory_xact_lock${how}(${ROOTS_LOCK});
  RETURN NULL;
END
`;
