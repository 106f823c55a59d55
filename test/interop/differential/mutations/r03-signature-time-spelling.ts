import {formatAuthorization} from '../../../support/signed-request.ts';
import {type Make, Mutations, onDraft} from '../mutation.ts';
import {onAuthorization} from './authorization-header.ts';

function spelled(name: 'created' | 'expires', spell: (time: number) => string): Make {
  return onAuthorization((parameters) =>
    formatAuthorization({...parameters, [name]: spell(Number(parameters[name]))}),
  );
}

/** How times are written. What is signed is the number, as the reference reads it. */
export const R3 = new Mutations('R3')
  .stricter(
    'empty created',
    'R3.time-spelling',
    onDraft(
      (draft) => ({
        mangleSigningString: (text) => text.replace(/\(created\): \d+/, '(created): 0'),
        formatAuthorization: (parameters) => formatAuthorization({...parameters, created: ''}),
        signer: draft.signer,
      }),
      {depths: [0]},
    ),
  )
  .stricter(
    'hexadecimal created',
    'R3.time-spelling',
    spelled('created', (time) => `0x${time.toString(16)}`),
  )
  .stricter(
    'hexadecimal expires',
    'R3.time-spelling',
    spelled('expires', (time) => `0x${time.toString(16)}`),
  )
  .stricter(
    'exponent',
    'R3.time-spelling',
    spelled('created', (time) => `${time / 1e9}e9`),
  )
  .stricter(
    'fraction of zero',
    'R3.time-spelling',
    spelled('expires', (time) => `${time}.0`),
  )
  .stricter(
    'leading zero',
    'R3.time-spelling',
    spelled('created', (time) => `0${time}`),
  )
  .stricter(
    'plus sign',
    'R3.time-spelling',
    spelled('created', (time) => `+${time}`),
  )
  .stricter(
    'spaces around',
    'R3.time-spelling',
    spelled('expires', (time) => ` ${time} `),
  )
  .stricter(
    'binary',
    'R3.time-spelling',
    spelled('created', (time) => `0b${time.toString(2)}`),
  )
  .stricter(
    'negative created',
    'R3.time-spelling',
    onDraft(() => ({created: '-5'}), {depths: [0]}),
  )
  .stricter(
    '13 digits',
    'R3.time-spelling',
    onDraft(() => ({expires: '9999999999999'})),
  )
  .refused(
    'empty expires',
    spelled('expires', () => ''),
  )
  .refused(
    'a real fraction',
    spelled('created', (time) => `${time}.5`),
  )
  .refused(
    'not a number',
    spelled('created', () => 'now'),
  )
  .refused(
    'a date',
    spelled('expires', (time) => new Date(time * 1000).toUTCString()),
  )
  .refused(
    'digits of another script',
    spelled('created', (time) => String(time).replace('1', '\u00b9')),
  )
  .refused(
    'separators',
    spelled('expires', (time) => String(time).replace(/(\d)(\d{3})$/, '$1_$2')),
  )
  .refused(
    'zero',
    onDraft(() => ({expires: '0'})),
  );
