import {once} from 'node:events';
import {createServer, IncomingMessage, ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {expect} from 'chai';
import express from 'express';
import {expressMessages} from '../../lib/http/express-messages.ts';
import {send} from '../support/raw-client.ts';

describe('messages of an Express app', () => {
  it('are what the app would make of them, before it gets them', async () => {
    const app = express();
    const prototypes: object[] = [];
    app.use((req, res) => {
      prototypes.push(Object.getPrototypeOf(req) as object, Object.getPrototypeOf(res) as object);
      res
        .status(201)
        .json({ours: [req.app, res.app].every((own) => own === app), accepted: req.accepts('json')});
    });
    const server = createServer(expressMessages(app)).listen(0, '127.0.0.1');
    server.on('request', (req, res) => {
      prototypes.push(Object.getPrototypeOf(req) as object, Object.getPrototypeOf(res) as object);
      expect(req).to.be.instanceOf(IncomingMessage);
      expect(res).to.be.instanceOf(ServerResponse);
    });
    server.on('request', app);
    try {
      await once(server, 'listening');
      const {status, json} = await send(
        {port: (server.address() as AddressInfo).port},
        'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
      );
      expect({status, json}).to.deep.equal({status: 201, json: {ours: true, accepted: 'json'}});
      const [req, res, ...inApp] = prototypes;
      expect(inApp).to.have.length(2);
      expect(inApp[0]).to.equal(req);
      expect(inApp[1]).to.equal(res);
    } finally {
      server.close();
    }
  });
});
