import type {ExpectedRoot} from './invocation.ts';

const PREFIX = 'urn:zcap:root:';

/** The id of the root capability for a target, byte-exact (R14). */
export function rootCapabilityId(invocationTarget: string): string {
  return PREFIX + encodeURIComponent(invocationTarget);
}

/** Whether an id is a root capability's: such capabilities are made by the server only (R24). */
export function isRootCapabilityId(id: string): boolean {
  return id.startsWith(PREFIX);
}

/** A root capability as documents have it: four members, nothing else (R24). */
export function rootCapabilityDocument({
  invocationTarget,
  controllers,
}: ExpectedRoot): Readonly<Record<string, unknown>> {
  return {
    '@context': ZCAP_CONTEXT_URL,
    id: rootCapabilityId(invocationTarget),
    controller: controllers,
    invocationTarget,
  };
}

export const ZCAP_CONTEXT_URL = 'https://w3id.org/zcap/v1';
