import type {AuthorizationParameters} from '../../../support/signed-request.ts';
import {type Make, onDraft} from '../mutation.ts';

type Format = (parameters: AuthorizationParameters) => string;

/** Writes the `Authorization` header otherwise; what was signed stays. */
export function onAuthorization(format: Format): Make {
  return onDraft(() => ({formatAuthorization: format}));
}
