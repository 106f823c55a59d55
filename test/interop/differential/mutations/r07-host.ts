import {withExtraHeader, withHeader} from '../../../support/signed-request.ts';
import {Mutations, onDraft, onWire} from '../mutation.ts';

/** The host. */
export const R7 = new Mutations('R7')
  .refused(
    'another host',
    onDraft(() => ({host: 'evil.example'})),
  )
  .refused(
    'no port',
    onDraft(() => ({host: 'localhost'})),
  )
  .refused(
    'another port',
    onDraft(() => ({host: 'localhost:1'})),
  )
  .refused(
    'upper case',
    onDraft(({host}) => ({host: host.toUpperCase()})),
  )
  .refused(
    'a dot at the end',
    onDraft(({host}) => ({host: host.replace('localhost', 'localhost.')})),
  )
  .refused(
    'an address',
    onDraft(({host}) => ({host: host.replace('localhost', '127.0.0.1')})),
  )
  .refused(
    'a user',
    onDraft(({host}) => ({host: `user@${host}`})),
  )
  .refused(
    'a list',
    onDraft(({host}) => ({host: `${host}, ${host}`})),
  )
  .refused(
    'a scheme',
    onDraft(({host}) => ({host: `https://${host}`})),
  )
  .refused(
    'empty',
    onDraft(() => ({host: ''})),
  )
  .refused(
    'another host, unsigned',
    onWire((request) => withHeader(request, 'host', 'evil.example')),
  )
  .accepted(
    'X-Forwarded-Host is ignored',
    onWire((request) => withExtraHeader(request, 'x-forwarded-host', 'evil.example')),
  )
  .accepted(
    'Forwarded is ignored',
    onWire((request) => withExtraHeader(request, 'forwarded', 'host=evil.example;proto=http')),
  )
  .accepted(
    'X-HTTP-Method-Override is ignored',
    onWire((request) => withExtraHeader(request, 'x-http-method-override', 'DELETE')),
  )
  .refused(
    'another host with the right one in X-Forwarded-Host',
    onDraft(({host, headers}) => ({
      host: 'evil.example',
      headers: [...headers, ['x-forwarded-host', host]],
    })),
  );
