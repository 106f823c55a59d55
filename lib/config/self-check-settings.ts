import {oneOf, optional, parsePath} from './parsers.ts';
import {setting} from './setting.ts';

/** Whether the program is what was built. */
export const SELF_CHECK_SETTINGS = {
  WEBKMS_SELF_CHECK: setting({
    default: 'warn',
    parse: oneOf('warn', 'enforce', 'off'),
    meaning:
      'what is done where files of the program are not those of the manifest: `warn` logs it, after the start · `enforce` (in the environment) does not start · `off` does not look; see docs/guides/self-check.md',
  }),
  WEBKMS_SELF_CHECK_MANIFEST: setting({
    default: '',
    parse: optional(parsePath),
    meaning:
      'the manifest, as `webkms admin self-check --record` has written it; if not given, the one that the package has of its build',
  }),
};
