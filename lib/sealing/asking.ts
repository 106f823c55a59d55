import {RootOfTrustError} from './root-of-trust-error.ts';
import type {RootWrapperScheme} from './root-wrapper.ts';

/**
 * A descriptor is the operator's only where the setting names it, and only while the process starts: later the same number
 * may be a connection, or the database itself, which reading would close. Then the passphrase is asked for.
 * @returns where the root is opened.
 */
export function openingPlace(
  uri: string,
  {settingUri, starting}: {readonly settingUri: string; readonly starting: boolean},
): string {
  const isReadable = starting && uri === settingUri;
  return uri.startsWith('passphrase:fd=') && !isReadable ? 'passphrase:prompt' : uri;
}

type FindScheme = (uri: string) => RootWrapperScheme;

/** Whether a person must be asked; of a kind that there is not, nobody: trying to open it says so. */
export function asksFor(uri: string, scheme: FindScheme): boolean {
  return ask(() => scheme(uri).asks?.(uri));
}

/** Whether what is not there may come by itself; of a kind that there is not, never. */
export function mayCome(uri: string, scheme: FindScheme): boolean {
  return ask(() => scheme(uri).comes?.(uri));
}

/** Whether opening it runs, or gives away, what the URI alone names; of a kind that there is not, nothing. */
export function runsWhatItNames(uri: string, scheme: FindScheme): boolean {
  return ask(() => scheme(uri).runs?.(uri));
}

function ask(question: () => boolean | undefined): boolean {
  try {
    return question() === true;
  } catch (error) {
    if (error instanceof RootOfTrustError) return false;
    throw error;
  }
}

export function notAsked(uri: string): RootOfTrustError {
  return new RootOfTrustError(
    'not-asked',
    `Nobody was asked to open the root of trust ${uri}, as another one is open. To open it: webkms admin unseal`,
  );
}
