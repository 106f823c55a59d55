import {verificationRules} from '../verification-rules.ts';

/** Lists and requests find a keystore by what it says of its controllers; the rows that lists are made of say the same. */
const NAMED = `SELECT k.position AS keystore, n.value AS controller FROM keystore k, json_each(CASE
    WHEN k.controller IS NOT NULL THEN json_array(k.controller)
    WHEN json_valid(k.controllers) THEN k.controllers ELSE '[]' END) n`;

export const RULES: readonly string[] = verificationRules(NAMED);
