/** Told of each look into a cache. */
export type OnCache = (outcome: 'hit' | 'miss') => void;
