import type {DataKeyVersionReferencer} from '../key-hierarchy-store.ts';
import {HIERARCHY, rootWrappersOf} from './hierarchy-document.ts';
import type {MongodbConnection} from './mongodb-connection.ts';
import {dataKeyVersionIdsOf} from './data-key-versions.ts';
import {members, text} from './stored-values.ts';

/** What is named so is looked for by who deletes a version, in the write that deletes it: scope-deletions.ts. */
export const REFERENCERS: readonly DataKeyVersionReferencer[] = [
  {name: 'key_record.mac_key_version', restricts: true},
  {name: 'key_version.data_key_version', restricts: true},
  {name: 'keystore.mac_key_version', restricts: true},
  {name: 'root_wrapper.sealer_key_version', restricts: true},
];

/** Which of these data key versions anything names, found by index. */
export async function listReferenced(
  connection: MongodbConnection,
  dataKeyVersionIds: readonly string[],
): Promise<readonly string[]> {
  const ids = [...new Set(dataKeyVersionIds)];
  if (ids.length === 0) return [];
  const [holders, hierarchy] = await Promise.all([
    connection.find('keystore', {keyIds: {$in: ids}}, {limit: ids.length}),
    connection.findOne('hierarchy', {_id: HIERARCHY._id}),
  ]);
  const named = new Set(
    hierarchy ? rootWrappersOf(hierarchy).flatMap(({sealer}) => sealer?.dataKeyVersionId ?? []) : [],
  );
  for (const holder of holders) {
    const {config} = holder;
    if (config !== undefined) named.add(text(members(config)['macKeyVersionId']));
    const own = dataKeyVersionIdsOf(holder);
    for (const id of ids.filter((each) => own.has(each) && !named.has(each))) {
      const conditions = {keystoreId: text(holder['_id']), dataKeyVersionIds: id};
      const [key] = await connection.find('key', conditions, {limit: 1, projection: {_id: 1}});
      if (key) named.add(id);
    }
  }
  return ids.filter((id) => named.has(id));
}
