// Signing and verifying of Data Integrity proofs, declared as narrowly as the tests use them.
declare module '@digitalbazaar/data-integrity' {
  export class DataIntegrityProof {
    constructor(options: {
      readonly signer?: {
        readonly id: string;
        readonly algorithm: string;
        sign(options: {readonly data: Uint8Array}): Promise<Uint8Array>;
      };
      readonly cryptosuite: object;
    });
  }
}

declare module '@digitalbazaar/eddsa-rdfc-2022-cryptosuite' {
  export const cryptosuite: object;
}
