import type {ClientIo} from '../client-io.ts';
import {firstOperand, type ClientCommand} from '../client-command.ts';
import {ClientError} from '../client-error.ts';
import {readText} from '../inputs.ts';
import {parseJsonObject} from '../json-file.ts';
import {isCapabilityDocument, type CapabilityDocument} from '../profile/profile.ts';
import {readSmallFile} from '../read-small-file.ts';

export const revokeCommand: ClientCommand = {
  operands: [{name: 'CAPABILITY', completion: 'file'}],
  help: [
    'Revokes a capability: from the moment this command ends well, it is honoured no more, nor what was delegated from it.',
    'CAPABILITY is what "webkms delegate" printed: a file, "-" for standard input, or the JSON itself.',
  ],
  examples: ['revoke for-bob.json', 'revoke - < for-bob.json'],
  run: async (invocation) => {
    const capability = await readCapability(firstOperand(invocation), invocation.io);
    const authority = (await invocation.connect()).authority();
    await authority.revoke(capability);
    invocation.print({id: capability.id, revoked: true}, [`Revoked: ${capability.id}`]);
    return 0;
  },
};

/** A file's name, `-`, or JSON. @throws ClientError */
export async function readCapability(text: string, io: ClientIo): Promise<CapabilityDocument> {
  const isJson = text.trimStart().startsWith('{');
  const bytes =
    isJson || text === '-' ? await readText(text, io) : await readSmallFile(text, 'The capability');
  const value = parseJsonObject(bytes, 'The capability');
  if (isCapabilityDocument(value)) return value;
  throw new ClientError(
    'usage',
    'It is not a delegated capability: that has "id", "invocationTarget", "parentCapability" and "proof".',
  );
}
