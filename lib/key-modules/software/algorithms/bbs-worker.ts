// The script of the BBS threads.
import {secretKeyToPublicKey, sign, verifySignature} from '@digitalbazaar/bbs-signatures';
import {serveJobs} from '../worker-pool/serve-jobs.ts';
import type {BbsJob, BbsResult} from './bbs-jobs.ts';

serveJobs(async (job: BbsJob): Promise<BbsResult> => {
  switch (job.operation) {
    case 'publicKey':
      return secretKeyToPublicKey(job);
    case 'sign':
      return sign(job);
    case 'verify':
      // The library throws where a signature is not made of a point and a scalar.
      return verifySignature(job).catch(() => false);
  }
});
