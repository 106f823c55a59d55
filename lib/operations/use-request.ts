/** How a use asks for a key: what its policy may forbid. */
export interface UseRequest {
  /** As in the operation; absent: the type's first. */
  readonly algorithm?: string;
  /** Bytes of what is signed, encrypted, wrapped or checked: what was made so can be opened again. */
  readonly dataBytes?: number;
}

/** How many bytes an unpadded base64url text stands for. */
export function base64urlBytes(text: string): number {
  return Math.floor((text.length * 3) / 4);
}

/** An object without a member that is undefined. */
export function askForAlgorithm({
  algorithm,
}: {
  readonly algorithm?: string | undefined;
}): Pick<UseRequest, 'algorithm'> {
  return algorithm === undefined ? {} : {algorithm};
}
