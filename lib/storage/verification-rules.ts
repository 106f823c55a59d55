const scopeOf = (dataKeyVersion: string): string =>
  `(SELECT rk.scope FROM data_key_version v JOIN data_key d ON d.position = v.data_key
     JOIN root_key rk ON rk.position = d.root_key WHERE v.position = ${dataKeyVersion})`;

const KEY_NAME = `'Key ' || r.local_id || ' of keystore ' || k.id`;

const OWN_SCOPE = [
  `SELECT 'Keystore ' || k.id || ' is authenticated with a key of another scope.'
   FROM keystore k WHERE ${scopeOf('k.mac_key_version')} <> k.id`,
  `SELECT ${KEY_NAME} || ' is authenticated with a key of another scope.'
   FROM key_record r JOIN keystore k ON k.position = r.keystore WHERE ${scopeOf('r.mac_key_version')} <> k.id`,
  `SELECT ${KEY_NAME} || ' is sealed with a key of another scope.'
   FROM key_version s JOIN key_record r ON r.position = s.key JOIN keystore k ON k.position = r.keystore
   WHERE ${scopeOf('s.data_key_version')} <> k.id`,
  `SELECT 'Data key version ' || v.id || ' is sealed with a root key of another scope.'
   FROM data_key_version v JOIN data_key d ON d.position = v.data_key
     JOIN root_key_version r ON r.position = v.root_key_version WHERE r.root_key <> d.root_key`,
];

/** What has no version, or a version that nothing opens, was never written so. */
const WHOLE = [
  `SELECT ${KEY_NAME} || ' has no version.' FROM key_record r JOIN keystore k ON k.position = r.keystore
   WHERE NOT EXISTS (SELECT 1 FROM key_version WHERE key = r.position)`,
  `SELECT ${KEY_NAME} || ' lacks a version.' FROM key_record r JOIN keystore k ON k.position = r.keystore
   WHERE (SELECT max(version) - count(*) FROM key_version WHERE key = r.position) > 0`,
  `SELECT ${KEY_NAME} || ' is deleted, and has material.' FROM key_record r JOIN keystore k ON k.position = r.keystore
   WHERE r.state = 'deleted' AND EXISTS (SELECT 1 FROM key_version WHERE key = r.position AND material IS NOT NULL)`,
  `SELECT 'Scope ' || scope || ' has no version of its root key.' FROM root_key r
   WHERE NOT EXISTS (SELECT 1 FROM root_key_version WHERE root_key = r.position)`,
  `SELECT 'Root key version ' || id || ' is sealed under no root wrapper.' FROM root_key_version v
   WHERE NOT EXISTS (SELECT 1 FROM sealed_root_key_version WHERE root_key_version = v.position)`,
  `SELECT 'Data key ' || id || ' has no version.' FROM data_key d
   WHERE NOT EXISTS (SELECT 1 FROM data_key_version WHERE data_key = d.position)`,
];

const LISTED = 'SELECT keystore, controller FROM keystore_controller';

const controllersRules = (named: string): readonly string[] => [
  `SELECT 'Keystore ' || k.id || ' is not listed for its controller ' || c.controller || '.'
   FROM (${named} EXCEPT ${LISTED}) c JOIN keystore k ON k.position = c.keystore`,
  `SELECT 'Keystore ' || k.id || ' is listed for ' || c.controller || ', who is not a controller of it.'
   FROM (${LISTED} EXCEPT ${named}) c JOIN keystore k ON k.position = c.keystore`,
  `SELECT 'Keystore ' || k.id || ' is listed for its creator as if only others had named it.'
   FROM keystore_controller c JOIN keystore k ON k.position = c.keystore
   WHERE c.named_by_others = 1 AND c.controller = k.creator`,
];

/**
 * Each selects a sentence for every row that breaks a rule which no CHECK and no reference states.
 * @param named what selects `keystore` (its position) and `controller`, by what each keystore says of its controllers
 */
export const verificationRules = (named: string): readonly string[] => [
  ...OWN_SCOPE,
  ...WHOLE,
  ...controllersRules(named),
];
