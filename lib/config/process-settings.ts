import {oneOf, parseWorkers} from './parsers.ts';
import {setting} from './setting.ts';

/** Of which processes a server is. */
export const PROCESS_SETTINGS = {
  WEBKMS_ISOLATION: setting({
    parse: oneOf('none', 'process'),
    default: 'none',
    meaning:
      '`process`: keys, and what opens them, are in a process of their own (one for each worker), which has no network and no HTTP parser (docs/isolation.md)',
  }),
  WEBKMS_WORKERS: setting({
    default: '1',
    parse: parseWorkers,
    meaning:
      'processes that answer requests, 1 to 64, or `auto`: one for each processor that may be used; more than one have a primary process beside them',
  }),
};
