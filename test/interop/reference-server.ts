import {randomBytes} from 'node:crypto';
import {createServer} from 'node:http';
import {createServer as createHttpsServer} from 'node:https';
import type {AddressInfo} from 'node:net';
import {from} from '@digitalbazaar/ed25519-multikey';
import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';
import {
  authorizeZcapInvocation,
  authorizeZcapRevocation,
  type AuthorizeOptions,
} from '@digitalbazaar/ezcap-express';
import {createOperationMiddleware} from '@digitalbazaar/webkms-switch';
import {encode} from 'base58-universal';
import express, {type Application, type ErrorHandler, type Handler, type Request} from 'express4';
import type {TestCertificate} from '../support/test-certificate.ts';
import {referenceLoader} from './reference/did-documents.ts';
import {HttpError} from './reference/http-error.ts';
import {ReferenceKeyModule} from './reference/key-module.ts';
import {parseKeystoreBody} from './reference/keystore-body.ts';
import {assertSourceAddress} from './reference/source-address.ts';
import {ReferenceState} from './reference/state.ts';

export interface ReferenceServer {
  /** On the loopback interface. */
  readonly port: number;
  readonly state: ReferenceState;
  readonly keys: ReferenceKeyModule;
  stop(): Promise<void>;
}

/**
 * The reference that our server is measured against: Express 4 with `webkms-switch` and `ezcap-express` as published,
 * everything else in memory.
 * @param options.host The public host, with its port, that requests are for. Default: this server's own.
 * @param options.tls Absent: plain HTTP, as behind a proxy; requests are for `https://<host>` all the same.
 */
export async function startReferenceServer({
  host,
  tls,
}: {readonly host?: string; readonly tls?: TestCertificate} = {}): Promise<ReferenceServer> {
  const state = new ReferenceState();
  const keys = new ReferenceKeyModule();
  const server = tls ? createHttpsServer({...tls}) : createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo;
  server.on('request', createReferenceApp({host: host ?? `localhost:${port}`, state, keys}));
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return {port, state, keys, stop};
}

function createReferenceApp({
  host,
  state,
  keys,
}: {
  host: string;
  state: ReferenceState;
  keys: ReferenceKeyModule;
}): Application {
  const collection = `https://${host}/kms/keystores`;
  const keystoreIdOf = (req: Request): string => `${collection}/${req.params['keystoreId'] ?? ''}`;
  const common: Omit<AuthorizeOptions, 'getRootController'> = {
    documentLoader: referenceLoader,
    getVerifier,
    inspectCapabilityChain: state.inspectCapabilityChain,
    onError: ({error}) => {
      const {httpStatusCode = 403} = error as Partial<HttpError>;
      throw new HttpError(httpStatusCode, 'NotAllowedError', 'Authorization error.', error);
    },
    suiteFactory: async () => new Ed25519Signature2020(),
  };
  const authorize = (
    rootInvocationTarget: (req: Request) => string,
    getRootController: AuthorizeOptions['getRootController'],
  ): readonly Handler[] =>
    authorizeZcapInvocation({
      ...common,
      getRootController,
      getExpectedValues: async ({req}) => ({host, rootInvocationTarget: rootInvocationTarget(req)}),
    });
  const keystoreController: AuthorizeOptions['getRootController'] = async ({req}) =>
    state.getKeystore(keystoreIdOf(req)).controller;
  const authorizeKeystore = [checkAddress, ...authorize(keystoreIdOf, keystoreController)];

  function checkAddress(...[req, , next]: Parameters<Handler>): void {
    assertSourceAddress(req, state.getKeystore(keystoreIdOf(req)));
    next();
  }

  const app = express();
  app.use(express.json({limit: '100kb', type: ['json', '+json']}));

  app.post(
    '/kms/keystores',
    (req, _res, next) => {
      parseKeystoreBody(req.body, undefined);
      next();
    },
    ...authorize(
      () => collection,
      async ({req}) => (req.body as {controller: unknown}).controller,
    ),
    (req, res) => {
      const config = {...parseKeystoreBody(req.body, undefined), id: `${collection}/${generateLocalId()}`};
      state.putKeystore(config);
      res.status(201).location(config.id).json(config);
    },
  );
  app.get(
    '/kms/keystores',
    ...authorize(
      () => collection,
      async ({req}) => req.query['controller'],
    ),
    (req, res) => {
      res.json({results: state.listKeystores(req.query['controller'])});
    },
  );
  app.get('/kms/keystores/:keystoreId', ...authorizeKeystore, (req, res) => {
    res.json(state.getKeystore(keystoreIdOf(req)));
  });
  app.post(
    '/kms/keystores/:keystoreId',
    (req, _res, next) => {
      parseKeystoreBody(req.body, keystoreIdOf(req));
      next();
    },
    ...authorizeKeystore,
    (req, res) => {
      const stored = state.getKeystore(keystoreIdOf(req));
      const config = parseKeystoreBody(req.body, stored.id);
      if (config.sequence !== stored.sequence + 1)
        throw new HttpError(409, 'InvalidStateError', 'The sequence does not match.');
      state.putKeystore(config);
      res.json({config});
    },
  );
  app.delete('/kms/keystores/:keystoreId', ...authorizeKeystore, (req, res) => {
    state.deleteKeystore(keystoreIdOf(req));
    res.status(204).end();
  });

  const operate = [
    checkAddress,
    ...createOperationMiddleware({
      ...common,
      storage: {get: async ({id}) => state.getKeystore(id)},
      moduleManager: {get: async () => keys.operations},
      expectedHost: host,
    }),
  ];
  app.post('/kms/keystores/:keystoreId/keys', ...operate);
  app.post('/kms/keystores/:keystoreId/keys/:keyId', ...operate);
  app.get('/kms/keystores/:keystoreId/keys', ...authorizeKeystore, (_req, res) => {
    res.json({results: []});
  });
  app.get('/kms/keystores/:keystoreId/keys/:keyId', ...authorizeKeystore, (req, res) => {
    res.json(keys.describe(`${keystoreIdOf(req)}/keys/${req.params['keyId'] ?? ''}`));
  });

  app.get('/kms/keystores/:keystoreId/zcaps/revocations', ...authorizeKeystore, (_req, res) => {
    res.json({results: []});
  });
  app.post(
    '/kms/keystores/:keystoreId/zcaps/revocations/:revocationId',
    checkAddress,
    ...authorizeZcapRevocation({...common, expectedHost: host, getRootController: keystoreController}),
    (req, res) => {
      const {delegator} = (req as Request & {zcapRevocation: {delegator: string}}).zcapRevocation;
      if (!state.revoke(delegator, (req.body as {id: string}).id)) {
        throw new HttpError(409, 'DuplicateError', 'The capability is revoked already.');
      }
      res.status(204).end();
    },
  );

  app.use(replyWithError);
  return app;
}

async function getVerifier({keyId}: {readonly keyId: string}): Promise<unknown> {
  const {document} = (await referenceLoader(keyId)) as {document: unknown};
  const key = await from(document);
  return {
    verifier: key.verifier(),
    verificationMethod: await key.export({publicKey: true, includeContext: true}),
  };
}

/** Four parameters: so Express knows it. */
const replyWithError: ErrorHandler = (error, _req, res, next) => {
  if (res.headersSent) {
    next(error);
    return;
  }
  const {httpStatusCode, status, name, message, cause} = error as Partial<HttpError> & {
    status?: number;
    cause?: unknown;
  };
  const reason = cause instanceof Error ? cause.message : undefined;
  res.status(httpStatusCode ?? status ?? 500).json({name, message, cause: reason});
};

function generateLocalId(): string {
  return `z${encode(Buffer.concat([Buffer.from([0x00, 0x10]), randomBytes(16)]))}`;
}
