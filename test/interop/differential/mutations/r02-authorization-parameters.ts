import {type AuthorizationParameters, formatAuthorization} from '../../../support/signed-request.ts';
import {type Make, Mutations, onDraft} from '../mutation.ts';
import {onAuthorization} from './authorization-header.ts';

/** Replaces in the header as the official client writes it. */
function rewritten(from: string | RegExp, to: string): Make {
  return onAuthorization((parameters) => formatAuthorization(parameters).replace(from, to));
}

function without(name: keyof AuthorizationParameters): Make {
  return onAuthorization((parameters) =>
    formatAuthorization(parameters)
      .replace(new RegExp(`,?${name}="[^"]*"`), '')
      .replace('Signature ,', 'Signature '),
  );
}

/** The parameters of `Authorization`. */
export const R2 = new Mutations('R2')
  .accepted(
    'parameters in another order',
    onAuthorization(
      ({keyId, headers, signature, created, expires}) =>
        `Signature created="${created}",expires="${expires}",keyId="${keyId}",headers="${headers}",signature="${signature}"`,
    ),
  )
  .stricter(
    'a parameter twice, the same',
    'R2.duplicate-parameter',
    onDraft((_draft, _base, {random}) => ({
      formatAuthorization: (parameters) => {
        const name = random.pick(['keyId', 'headers', 'signature', 'created', 'expires'] as const);
        return `${formatAuthorization(parameters)},${name}="${parameters[name]}"`;
      },
    })),
  )
  .stricter(
    'a parameter twice, the first one junk',
    'R2.duplicate-parameter',
    onDraft((_draft, _base, {random}) => ({
      formatAuthorization: (parameters) => {
        const name = random.pick(['keyId', 'headers', 'signature', 'created', 'expires']);
        return formatAuthorization(parameters).replace('Signature ', `Signature ${name}="1",`);
      },
    })),
  )
  .refused(
    'a parameter twice, the last one junk',
    onAuthorization((parameters) => `${formatAuthorization(parameters)},signature="AAAA"`),
  )
  .stricter('an unknown parameter', 'R2.unknown-parameter', rewritten('Signature ', 'Signature realm="x",'))
  .stricter('an algorithm', 'R2.unknown-parameter', rewritten('Signature ', 'Signature algorithm="hs2019",'))
  .stricter('an unterminated parameter at the end', 'R2.unterminated', rewritten(/$/, ',x="abc'))
  .stricter('a name without a value at the end', 'R2.unterminated', rewritten(/$/, ',x'))
  .stricter('a comma at the end', 'R2.unterminated', rewritten(/$/, ','))
  .refused('an unterminated parameter that is needed', rewritten(/"$/, ''))
  .refused('text after a value', rewritten(/$/, 'x'))
  .refused('no keyId', without('keyId'))
  .refused('no headers', without('headers'))
  .refused('no signature', without('signature'))
  .refused('no created', without('created'))
  .refused('no expires', without('expires'))
  .refused('empty keyId', rewritten(/keyId="[^"]*"/, 'keyId=""'))
  .refused('empty headers', rewritten(/headers="[^"]*"/, 'headers=""'))
  .refused('empty signature', rewritten(/signature="[^"]*"/, 'signature=""'))
  .refused(
    'values without quotes',
    onAuthorization((parameters) => formatAuthorization(parameters).replaceAll('"', '')),
  )
  .refused(
    'spaces after commas',
    onAuthorization((parameters) => formatAuthorization(parameters).replaceAll('",', '", ')),
  )
  .refused('names in another case', rewritten('keyId=', 'keyid='))
  .refused('scheme in another case', rewritten('Signature', 'signature'))
  .refused('another scheme', rewritten('Signature', 'Bearer'))
  .refused('two spaces after the scheme', rewritten('Signature ', 'Signature  '))
  .refused(
    'no header at all',
    onDraft(() => ({formatAuthorization: () => ''})),
  );
