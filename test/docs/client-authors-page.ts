import {createHash} from 'node:crypto';
import {signRequest} from '../../examples/signed-request.ts';

const KEYSTORE = 'https://kms.example/kms/keystores/z19uMCzCbfRyhRyKVXe8tn8Zz';
const KEY = `${KEYSTORE}/keys/z1A183TU3LZPM9mAF6Hx6TGJb`;
const SEED = createHash('sha256').update('an example: never use this').digest();
const CREATED = 1_796_083_200;

const fenced = (text: string, language = 'text'): string => ['```' + language, text, '```'].join('\n');

/** docs/client-authors.md, made by running the example: every byte in it is computed. */
export function clientAuthorsPage(): string {
  const body = JSON.stringify({type: 'SignOperation', invocationTarget: KEY, verifyData: 'SGVsbG8'});
  const root = `urn:zcap:root:${encodeURIComponent(KEYSTORE)}`;
  const {keyId, signingString, signature, headers} = signRequest({
    method: 'POST',
    url: KEY,
    body,
    capability: root,
    action: 'sign',
    seed: SEED,
    created: CREATED,
  });
  const path = new URL(KEY).pathname;
  const wire = [
    `POST ${path} HTTP/1.1`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${body.length}`,
    '',
    body,
  ];
  return `# For authors of clients

In JavaScript use \`@digitalbazaar/webkms-client\` and \`@digitalbazaar/ezcap\`. This page is for everybody else: one request, spelled
out byte by byte. It is made by running [examples/signed-request.ts](../examples/signed-request.ts), which needs nothing but a
hash, Ed25519 and gzip; a test keeps this page in step with it and sends such requests to a running server.

A keystore's controller asks a key to sign the five bytes \`Hello\`.

## 1. The parties

The controller's private key is this Ed25519 seed (32 bytes, hexadecimal):

${fenced(SEED.toString('hex'))}

Its public key as a did:key verification method, which is the \`keyId\` of the signature: \`did:key:\` + m + \`#\` + m, where m is
\`z\` + base58btc(0xed 0x01 ‖ public key).

${fenced(keyId)}

The key to use, and the keystore's root capability: \`urn:zcap:root:\` + encodeURIComponent(keystore URL). Root capabilities are
never sent, only named.

${fenced(`${KEY}\n${root}`)}

## 2. The body

A KMS operation. Binary values are base64url without padding. \`invocationTarget\` is the URL that the request goes to.

${fenced(body, 'json')}

The \`Digest\` header is over exactly these ${body.length} bytes: \`mh=u\` + base64url(0x12 0x20 ‖ SHA-256).

${fenced(headers['Digest'] ?? '')}

## 3. What is invoked

The capability, and the action, which is the operation's name with a small first letter and without \`Operation\`.

${fenced(headers['Capability-Invocation'] ?? '')}

A delegated capability is sent whole: \`zcap capability="…",action="sign"\`, where … is base64url(gzip(JSON)).

## 4. The signing string

These lines, joined by single line feeds, none at the end. \`(created)\` and \`(expires)\` are Unix seconds; at most 900 apart.

${fenced(signingString)}

\`(request-target)\` is the method in small letters, and path and query as they are sent. Without a body leave out the last two
lines, and the last two names in step 5.

## 5. The request

Ed25519 over the signing string, in base64 with padding (SHA-256 of the string:
\`${createHash('sha256').update(signingString).digest('hex')}\`):

${fenced(signature)}

And on the wire:

${fenced(wire.join('\n'), 'http')}

## 6. The answer

\`200\` and \`{"signatureValue":"…"}\`. A refusal is JSON too, whatever its status; of a 403, \`cause.message\` says why:

${fenced(
  JSON.stringify(
    {
      type: 'NotAllowedError',
      title: 'Forbidden',
      status: 403,
      detail: 'Authorization error.',
      message: 'Authorization error.',
      name: 'NotAllowedError',
      cause: {name: 'NotAllowedError', message: 'Signature not verified.'},
    },
    null,
    2,
  ),
  'json',
)}

## What trips people up

- \`Host\` must be the server's public host, with its port unless that is 443, and the URL in capabilities is always \`https\`.
- Sign the bytes you send: a JSON library that writes the body again after the digest was made breaks it.
- No percent-encoding, dot segments, double or trailing slashes in paths. The one exception is the last segment of a
  revocation's URL, which is exactly encodeURIComponent(id of the capability).
- JSON with duplicate keys, lone surrogates or padding in base64url is refused.
- A signed change (update, rotate, delete, export, revoke, …) is accepted once: sign again to try again. Two creations may be equal within five
  seconds, so the same request sent twice quickly makes two keys.
- Header values are ASCII; every parameter of \`Authorization\` is given once, in double quotes, separated by commas alone.
- The action of a \`BatchOperation\` is that of its items (\`sign\`), and of \`GetImportParametersOperation\` it is \`importKey\`.

Every operation, with an exchange of requests and replies, is in [keys.md](keys.md), and its schema in [openapi.json](openapi.json).
`;
}
