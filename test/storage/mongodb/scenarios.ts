import {KEYSTORE_SCENARIOS} from './keystore-scenarios.ts';
import {ROOT_SCENARIOS} from './root-scenarios.ts';
import type {Scenario} from './scenario.ts';
import {SCOPE_SCENARIOS} from './scope-scenarios.ts';

export const SCENARIOS: readonly Scenario[] = [...ROOT_SCENARIOS, ...SCOPE_SCENARIOS, ...KEYSTORE_SCENARIOS];
