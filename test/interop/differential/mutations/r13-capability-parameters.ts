import {encodeCapability} from '../../../support/signed-request.ts';
import type {Base, BaseFilter} from '../base.ts';
import {type Make, Mutations, onDraft} from '../mutation.ts';

/** Writes the `Capability-Invocation` header otherwise, and signs that. */
function header(write: (official: string, base: Base) => string, filter: BaseFilter = {}): Make {
  return onDraft(
    (draft, base) => ({capabilityInvocation: write(draft.capabilityInvocation ?? '', base)}),
    filter,
  );
}

const root: BaseFilter = {depths: [0]};

const delegated: BaseFilter = {depths: [1, 2, 3]};

/** The parameters of `Capability-Invocation`. */
export const R13 = new Mutations('R13')
  .refused(
    'scheme in upper case',
    header((official) => official.replace('zcap', 'ZCAP')),
  )
  .refused(
    'another scheme',
    header((official) => official.replace('zcap', 'Bearer')),
  )
  .refused(
    'no scheme',
    header((official) => official.replace('zcap ', '')),
  )
  .stricter(
    'an id and a capability',
    'R13.two-capabilities',
    header(
      (official, {grant}) =>
        official.replace('zcap ', `zcap capability="${encodeCapability(JSON.stringify(grant ?? {}))}",`),
      root,
    ),
  )
  .refused(
    'a capability and the id of another root',
    header((official, {root: id}) => official.replace('zcap ', `zcap id="${id}x",`), delegated),
  )
  .stricter(
    'an id twice',
    'R13.duplicate-parameter',
    header((official) => official.replace('zcap ', 'zcap id="urn:zcap:root:x",'), root),
  )
  .stricter(
    'a capability twice',
    'R13.duplicate-parameter',
    header((official) => official.replace('zcap ', 'zcap capability="AAAA",'), delegated),
  )
  .stricter(
    'an action twice',
    'R13.duplicate-parameter',
    header((official) => official.replace('zcap ', 'zcap action="write",')),
  )
  .refused(
    'an action twice, the last one another',
    header((official) => `${official},action="other"`),
  )
  .stricter(
    'an unknown parameter',
    'R13.unknown-parameter',
    header((official) => official.replace('zcap ', 'zcap x="y",')),
  )
  .stricter(
    'an unterminated parameter at the end',
    'R13.unterminated',
    header((official) => `${official},x="y`),
  )
  .stricter(
    'a comma at the end',
    'R13.unterminated',
    header((official) => `${official},`),
  )
  .refused(
    'neither id nor capability',
    header((official) => official.replace(/(?:id|capability)="[^"]*",/, '')),
  )
  .refused(
    'no action',
    header((official) => official.replace(/,action="[^"]*"/, '')),
  )
  .refused(
    'empty action',
    header((official) => official.replace(/action="[^"]*"/, 'action=""')),
  )
  .refused(
    'empty id',
    header((official) => official.replace(/id="[^"]*"/, 'id=""'), root),
  )
  .refused(
    'empty capability',
    header((official) => official.replace(/capability="[^"]*"/, 'capability=""'), delegated),
  )
  .refused(
    'spaces after the comma',
    header((official) => official.replace('",', '", ')),
  )
  .refused(
    'no quotes',
    header((official) => official.replaceAll('"', '')),
  )
  .refused(
    'no header at all',
    onDraft(() => ({capabilityInvocation: undefined})),
  )
  .refused(
    'an empty header',
    header(() => ''),
  )
  .accepted(
    'the action first',
    header((official) => official.replace(/^zcap (.*),(action="[^"]*")$/, 'zcap $2,$1')),
  );
