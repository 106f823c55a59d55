import {oneOf} from '../../../config/parsers.ts';
import {SIGNATURE_ALGORITHMS, type SignatureAlgorithm} from '../../../keys/key-algorithms.ts';
import {firstOperand, type ClientCommand, type Option} from '../client-command.ts';
import {kidOf} from '../key-operand.ts';
import {isStandardOutput, OUTPUT_OPTION, writeResult} from '../outputs.ts';
import {ALGORITHM_OPTION} from '../signed-data.ts';

const ALGORITHMS = Object.keys(SIGNATURE_ALGORITHMS) as SignatureAlgorithm[];

const alternativeName = (value: string, what: string): Option => ({
  value,
  meaning: `${what} that the certificate is to be for; may be given more than once`,
  many: true,
});

export const csrCommand: ClientCommand = {
  operands: [{name: 'NAME'}],
  options: {
    subject: {value: 'SUBJECT', meaning: 'of the certificate, e.g. "CN=Alice,O=Example,C=CH"'},
    dns: alternativeName('HOST', 'a host'),
    uri: alternativeName('URI', 'a URI, such as a DID'),
    email: alternativeName('ADDRESS', 'an e-mail address'),
    ip: alternativeName('ADDRESS', 'an IP address'),
    algorithm: ALGORITHM_OPTION,
    output: OUTPUT_OPTION,
  },
  help: [
    'Makes a certificate signing request (PKCS #10) for a key that signs, as PEM: for a certificate authority. Of RSA keys, some',
    'authorities take --algorithm RS256 only. Attach what they send: webkms update NAME --certificates FILE',
  ],
  examples: ['csr tls --subject "CN=kms.example" --dns kms.example --algorithm RS256 --output tls.csr'],
  run: async (invocation) => {
    const {options} = invocation;
    const subject = options.required('subject', 'of the certificate, e.g. "CN=Alice,C=CH"');
    const algorithm = options.parse('algorithm', oneOf(...ALGORITHMS));
    const [dns, uri, email, ip] = ['dns', 'uri', 'email', 'ip'].map((name) => options.texts(name));
    const {createCertificationRequest} = await import('../../../client/csr/certification-request.ts');
    const {kms} = await invocation.connect();
    const {pem} = await createCertificationRequest(kms, kidOf(firstOperand(invocation)), {
      subject,
      alternativeNames: {...(dns && {dns}), ...(uri && {uri}), ...(email && {email}), ...(ip && {ip})},
      ...(algorithm !== undefined && {algorithm}),
    });
    if (options.flag('json') && isStandardOutput(options.text('output'))) invocation.print({pem}, []);
    else await writeResult(invocation, Buffer.from(`${pem.trimEnd()}\n`), {mode: 0o666, overwrite: true});
    return 0;
  },
};
