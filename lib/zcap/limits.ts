/** Bytes of a request's line and headers together (R1). */
export const MAX_HEADER_BYTES = 16 * 1024;
/** How far clocks may differ (R4, R34). */
export const CLOCK_SKEW_SECONDS = 300;
/** The longest time an HTTP signature may live (R4); official clients ask for 600. */
export const MAX_SIGNATURE_SECONDS = 900;
/** Capabilities in a chain, the root included (R26). */
export const MAX_CHAIN_LENGTH = 10;
/** Bytes of a delegated capability once inflated (R15). */
export const MAX_CAPABILITY_BYTES = 64 * 1024;
/** Depth of a delegated capability's JSON (R15). */
export const MAX_CAPABILITY_DEPTH = 32;
/** How long after `created` a byte-identical creation may repeat (R11). */
export const CREATION_REPEAT_SECONDS = 5;
