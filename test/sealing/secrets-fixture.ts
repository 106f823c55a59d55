import {RootOfTrustError} from '../../lib/sealing/root-of-trust-error.ts';
import type {RootWrapperAccess} from '../../lib/sealing/root-wrapper.ts';
import {OpeningSecrets, type SecretSource} from '../../lib/sealing/secrets.ts';

/** An environment and a person at a terminal who gives one answer after the other, each once. */
export class FakeSecrets implements SecretSource {
  readonly variables = new Map<string, string>();
  readonly answers: string[] = [];
  readonly questions: string[] = [];

  takeVariable(name: string): Uint8Array | undefined {
    const value = this.variables.get(name);
    this.variables.delete(name);
    return value === undefined ? undefined : Buffer.from(value);
  }

  async prompt(question: string): Promise<Uint8Array> {
    this.questions.push(question);
    const answer = this.answers.shift();
    if (answer === undefined) throw new RootOfTrustError('unreadable', 'Nobody answers.');
    return Buffer.from(answer);
  }

  access(parameters?: string): RootWrapperAccess {
    return {parameters, secrets: new OpeningSecrets(this)};
  }
}
