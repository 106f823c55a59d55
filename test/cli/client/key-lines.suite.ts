import {readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {createPublicKey, generateKeyPairSync, randomBytes, verify} from 'node:crypto';
import {expect} from 'chai';
import type {Person} from './webkms-command.ts';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/;
const CIPHERTEXT = (version: number): RegExp => new RegExp(`^webkms:v${version}:[A-Za-z0-9_-]{40,}\n$`);

interface Info {
  readonly name: string;
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly current_version: number;
  readonly versions: readonly {
    readonly version: number;
    readonly created_at: string;
    readonly status: string;
  }[];
  readonly created_at: string;
  readonly updated_at: string;
  readonly policy?: unknown;
}

export interface KeyLinesOptions {
  readonly name: string;
  /** A person whose profile `default` is ready, with no keys. */
  readonly create: () => Promise<Person>;
}

/** Every command line about keys, as people type it; the binary runs as a process of its own, without a terminal. */
export function describeKeyLines({name, create}: KeyLinesOptions): void {
  describe(`webkms, keys ${name}`, function () {
    this.timeout(120_000);
    let person: Person;
    const info = async (key: string): Promise<Info> => JSON.parse(await person.ok('info', key)) as Info;
    const refused = async (code: number, ...args: readonly string[]): Promise<string> => {
      const outcome = await person.run(args);
      expect(outcome, args.join(' ')).to.include({code, out: ''});
      expect(outcome.err).to.match(/^webkms: [^\n]+\n(?:Try webkms [a-z-]+ --help\.\n)?$/);
      return outcome.err;
    };

    before(async () => {
      person = await create();
    });
    after(() => person[Symbol.asyncDispose]());

    it('create NAME --type aes256', async () => {
      const {code, out, err} = await person.run(['create', 'invoices', '--type', 'aes256']);
      expect({code, err}).to.deep.equal({code: 0, err: ''});
      expect(out).to.match(/^Created: invoices \(aes256\) {2}https:\/\/\S+\/keys\/z\w+\n$/);
      expect(await refused(4, 'create', 'invoices', '--type', 'ed25519')).to.contain('has that name');
      expect(await refused(2, 'create', 'x', '--type', 'aes265')).to.contain('Did you mean aes256?');
      expect(await refused(2, 'create', 'x')).to.contain('--type is missing');
    });

    it('create NAME with all that is said of a key', async () => {
      const options = [
        '--type',
        'rsa2048',
        '--key-ops',
        'sign,verify',
        '--description',
        'of the shop',
        '--tag',
        'a=b=c',
      ];
      const policy = [
        '--deletion-protection',
        'on',
        '--rotate-every',
        '90d',
        '--rate',
        '100/1m',
        '--chain-length',
        '2',
      ];
      const json = JSON.parse(await person.ok('create', 'tls', ...options, ...policy, '--json')) as Info;
      expect(json).to.deep.include({
        ...{name: 'tls', type: 'rsa2048', operations: ['sign', 'verify'], key_ops: ['sign', 'verify']},
        ...{description: 'of the shop', tags: {a: 'b=c'}, max_capability_chain_length: 2},
        policy: {
          deletionProtection: true,
          rotation: {afterSeconds: 7_776_000},
          rate: {uses: 100, perSeconds: 60},
        },
      });
      expect(await refused(4, 'delete', 'tls')).to.contain('protected');
      expect(await refused(4, 'encrypt', 'tls', 'text')).to.match(/It has: sign, verify\./);
      expect(await person.ok('policy', 'tls', '--deletion-protection', 'off')).not.to.contain(
        'deletionProtection',
      );
      await person.ok('delete', 'tls');
    });

    it('list', async () => {
      await person.ok('create', 'releases', '--type', 'ecdsa-p256');
      expect(await person.ok('list')).to.equal(
        [
          'NAME      TYPE        VERSION  STATUS',
          'invoices  aes256      1        active',
          'tls       rsa2048     1        pendingDeletion',
          'releases  ecdsa-p256  1        active',
          '',
        ].join('\n'),
      );
      const json = JSON.parse(await person.ok('list', '--json')) as Info[];
      expect(json.map(({name: key}) => key)).to.deep.equal(['invoices', 'tls', 'releases']);
      expect(json[0]).to.deep.equal(await info('invoices'));
    });

    it('info NAME [--json]', async () => {
      const json = await info('invoices');
      expect(JSON.parse(await person.ok('info', 'invoices', '--json'))).to.deep.equal(json);
      expect(json).to.deep.include({name: 'invoices', type: 'aes256', status: 'active', current_version: 1});
      expect(json.versions).to.have.length(1);
      expect(json.versions[0]).to.include({version: 1, status: 'active'});
      for (const time of [json.created_at, json.updated_at, json.versions[0]!.created_at]) {
        expect(time).to.match(TIME);
      }
      expect(await info(json.id), 'by its URL').to.deep.equal(json);
      expect(await refused(3, 'info', 'nothing')).to.contain('"nothing"');
    });

    it('rotate NAME, encrypt NAME "text", decrypt NAME "webkms:v2:…", rewrap', async () => {
      const first = await person.ok('encrypt', 'invoices', 'first text');
      expect(first).to.match(CIPHERTEXT(1));
      expect(await person.ok('rotate', 'invoices')).to.equal('Rotated: invoices, version 2\n');
      const second = await person.ok('encrypt', 'invoices', 'text');
      expect(second).to.match(CIPHERTEXT(2));
      expect(await person.ok('decrypt', 'invoices', second.trim())).to.equal('text');
      expect(await person.ok('decrypt', 'invoices', first.trim())).to.equal('first text');
      const rewrapped = await person.ok('rewrap', 'invoices', first.trim());
      expect(rewrapped).to.match(CIPHERTEXT(2));
      expect(await person.ok('decrypt', 'invoices', rewrapped.trim())).to.equal('first text');
      expect((await info('invoices')).versions.map(({status}) => status)).to.deep.equal([
        'decrypt-only',
        'active',
      ]);

      const changed = second.replace(/.(?=...\n$)/, (letter) => (letter === 'A' ? 'B' : 'A')).trim();
      expect(await refused(1, 'decrypt', 'invoices', changed)).to.contain('does not decrypt');
      expect(await refused(1, 'decrypt', 'invoices', second.trim().replace('v2', 'v1'))).to.contain(
        'does not decrypt',
      );
      expect(await refused(1, 'decrypt', 'invoices', 'text')).to.contain(
        'is not of the form webkms:v<version>:',
      );
      const floor = ['policy', 'invoices', '--min-decrypt-version', '2'];
      expect(await refused(2, ...floor)).to.contain('give --yes');
      expect(await person.ok('decrypt', 'invoices', first.trim())).to.equal('first text');
      await person.ok(...floor, '--yes');
      expect(await refused(4, 'decrypt', 'invoices', first.trim())).to.match(/webkms: .+/);
      expect(await person.ok('decrypt', 'invoices', rewrapped.trim())).to.equal('first text');
    });

    it('data-key NAME: what it prints encrypted is what it prints', async () => {
      await person.ok('create', 'envelopes', '--type', 'aes256');
      const words = ['data-key', 'envelopes', '--bytes', '16', '--context', 'table'];
      const lines = await person.ok(...words);
      const [, plaintext = '', ciphertext = ''] = /^Plaintext: (\S+)\nCiphertext: (\S+)\n$/.exec(lines) ?? [];
      expect(Buffer.from(plaintext, 'base64url')).to.have.length(16);
      const decrypted = ['decrypt', 'envelopes', ciphertext, '--json'];
      expect(JSON.parse(await person.ok(...decrypted, '--context', 'table'))).to.include({
        base64url: plaintext,
      });
      expect(await refused(1, ...decrypted)).to.be.a('string');
      const another = JSON.parse(await person.ok('data-key', 'envelopes', '--json')) as {plaintext: string};
      expect(another).to.have.all.keys('plaintext', 'ciphertext');
      expect(Buffer.from(another.plaintext, 'base64url')).to.have.length(32);
      expect(await refused(2, 'data-key', 'envelopes', '--bytes', '8')).to.contain('--bytes must be');
    });

    it('encrypt and decrypt whatever there is: from pipes, with a dash, with nothing, bound to a context', async () => {
      const hard = '-ünïcode\n\t"quoted" $HOME\n';
      const ciphertext = await person.ok('encrypt', 'invoices', '--', hard);
      expect(await person.ok('decrypt', 'invoices', ciphertext.trim())).to.equal(hard);
      const piped = await person.run(['encrypt', 'invoices', '-'], {input: hard});
      const opened = await person.run(['decrypt', 'invoices', '-'], {input: piped.out});
      expect(opened).to.include({code: 0, out: hard, err: ''});
      expect(
        await person.ok('decrypt', 'invoices', (await person.ok('encrypt', 'invoices', '')).trim()),
      ).to.equal('');
      const bound = (await person.ok('encrypt', 'invoices', 'x', '--context', 'order 7')).trim();
      expect(await person.ok('decrypt', 'invoices', bound, '--context', 'order 7')).to.equal('x');
      await refused(1, 'decrypt', 'invoices', bound, '--context', 'order 8');
      const json = JSON.parse(
        await person.ok('decrypt', 'invoices', bound, '--context', 'order 7', '--json'),
      ) as object;
      expect(json).to.deep.equal({plaintext: 'x', base64url: 'eA'});
    });

    it('encrypt NAME --input F --output G, decrypt NAME --input G --output F', async () => {
      const data = randomBytes(300_000);
      writeFileSync(person.path('F'), data);
      expect(await person.ok('encrypt', 'invoices', '--input', 'F', '--output', 'G')).to.equal('');
      const sealed = readFileSync(person.path('G'));
      expect(sealed.includes(data.subarray(0, 64))).to.equal(false);
      expect(await person.ok('decrypt', 'invoices', '--input', 'G', '--output', 'F')).to.equal('');
      expect(readFileSync(person.path('F')).equals(data)).to.equal(true);

      const piped = await person.run(['encrypt', 'invoices', '--input', '-'], {input: data});
      expect(piped).to.include({code: 0, err: ''});
      const opened = await person.run(['decrypt', 'invoices', '--input', '-', '--output', '-'], {
        input: piped.bytes,
      });
      expect(opened.bytes.equals(data)).to.equal(true);
      await person.ok('rotate', 'invoices');
      await person.ok('rewrap', 'invoices', '--input', 'G', '--output', 'G');
      expect(readFileSync(person.path('G'), 'latin1')).to.contain('webkms:v3:');
      await person.ok('decrypt', 'invoices', '--input', 'G', '--output', 'new');
      expect(readFileSync(person.path('new')).equals(data)).to.equal(true);
      expect(statSync(person.path('new')).mode & 0o777).to.equal(0o600);
    });

    it('leaves no output where the input was changed, or is not there', async () => {
      const sealed = readFileSync(person.path('G'));
      const files = readdirSync(person.folder).sort();
      sealed[sealed.length - 100]! ^= 1;
      for (const input of [sealed, sealed.subarray(0, 200_000), Buffer.from('text')]) {
        const args = ['decrypt', 'invoices', '--input', '-', '--output', 'H'];
        const outcome = await person.run(args, {input});
        expect(outcome).to.include({code: 1, out: ''});
        expect(outcome.err).to.match(/^webkms: [^\n]+\n$/);
      }
      expect(await refused(3, 'encrypt', 'invoices', '--input', 'nowhere', '--output', 'H')).to.contain(
        'does not exist',
      );
      await refused(3, 'encrypt', 'no-such-key', '--input', 'F', '--output', 'H');
      expect(readdirSync(person.folder).sort()).to.deep.equal(files);
    });

    it('sign NAME "data" | --input F, verify NAME "data" "signature" | --input F --signature S', async () => {
      const signature = await person.ok('sign', 'releases', 'data');
      expect(signature).to.match(/^webkms:v1:[A-Za-z0-9_-]{86}\n$/);
      expect(await person.ok('verify', 'releases', 'data', signature.trim())).to.equal('valid\n');
      expect(await person.run(['verify', 'releases', 'date', signature.trim()])).to.include({
        ...{code: 1, out: 'invalid\n', err: ''},
      });
      const otherVersion = signature.trim().replace('v1', 'v7');
      expect(await person.run(['verify', 'releases', 'data', otherVersion])).to.include({
        code: 1,
        out: 'invalid\n',
      });
      const malformed = await person.run(['verify', 'releases', 'data', 'data']);
      expect(malformed).to.include({code: 1, out: 'invalid\n'});
      expect(malformed.err).to.contain('is not of the form');

      const ofFile = (await person.ok('sign', 'releases', '--input', 'F')).trim();
      expect(await person.ok('verify', 'releases', '--input', 'F', '--signature', ofFile)).to.equal(
        'valid\n',
      );
      expect(await person.run(['verify', 'releases', '--input', 'G', '--signature', ofFile])).to.include({
        ...{code: 1, out: 'invalid\n'},
      });
      const piped = await person.run(['sign', 'releases', '--input', '-'], {input: 'data'});
      expect(await person.ok('verify', 'releases', 'data', piped.out.trim()), 'of the digest').to.equal(
        'valid\n',
      );
      writeFileSync(person.path('F.sig'), ofFile);
      await person.ok('rotate', 'releases');
      expect(await person.ok('sign', 'releases', 'data')).to.match(/^webkms:v2:/);
      const byFile = ['--input', 'F', '--signature-file', 'F.sig'];
      expect(await person.ok('verify', 'releases', ...byFile), 'of version 1').to.equal('valid\n');
    });

    it('sign files with keys that hash nothing first, up to a bound', async () => {
      await person.ok('create', 'notes', '--type', 'ed25519');
      writeFileSync(person.path('small'), randomBytes(65_536));
      const signature = (await person.ok('sign', 'notes', '--input', 'small')).trim();
      expect(await person.ok('verify', 'notes', '--input', 'small', '--signature', signature)).to.equal(
        'valid\n',
      );
      expect(await refused(1, 'sign', 'notes', '--input', 'F')).to.contain('use an ECDSA or RSA key');
    });

    it('sign --format raw|der --output S: what other programs verify', async () => {
      const [file, data] = [person.path('F.raw'), readFileSync(person.path('F'))];
      for (const [name, type, format, dsaEncoding] of [
        ['curve', 'ecdsa-p384', 'der', 'der'],
        ['curve', 'ecdsa-p384', 'raw', 'ieee-p1363'],
        ['modulus', 'rsa2048', 'raw', undefined],
      ] as const) {
        if (!(await person.ok('list')).includes(name)) await person.ok('create', name, '--type', type);
        const algorithm = name === 'modulus' ? ['--algorithm', 'RS384'] : [];
        await person.ok('sign', name, '--input', 'F', ...algorithm, '--format', format, '--output', file);
        const publicKey = createPublicKey(await person.ok('public-key', name));
        const key = dsaEncoding ? {key: publicKey, dsaEncoding} : publicKey;
        expect(verify('sha384', data, key, readFileSync(file)), `${name} ${format}`).to.equal(true);
        expect(verify('sha384', Buffer.from('else'), key, readFileSync(file))).to.equal(false);
      }
      const {signature} = JSON.parse(
        await person.ok('sign', 'curve', '--input', 'F', '--format', 'der', '--json'),
      ) as {signature: string};
      const key = createPublicKey(await person.ok('public-key', 'curve'));
      expect(verify('sha384', data, key, Buffer.from(signature, 'base64'))).to.equal(true);
      expect(await refused(2, 'sign', 'notes', 'data', '--format', 'der')).to.contain('--format raw');
      expect(await refused(2, 'sign', 'notes', 'data', '--output', 'S')).to.contain('--format raw or der');
      expect(await refused(2, 'sign', 'notes', 'data', '--format', 'pem')).to.contain('--format must be');
    });

    it('disable|enable|delete|restore NAME', async () => {
      expect(await person.ok('disable', 'invoices')).to.equal('Disabled: invoices\n');
      expect(await refused(4, 'encrypt', 'invoices', 'text')).to.contain('disabled');
      expect(await person.ok('list')).to.match(/^invoices +aes256 +3 +disabled$/m);
      expect(await person.ok('enable', 'invoices')).to.equal('Enabled: invoices\n');
      expect(await person.ok('disable', 'invoices', '--version', '2')).to.equal(
        'Disabled: invoices, version 2\n',
      );
      expect((await info('invoices')).versions[1]).to.include({status: 'disabled'});
      expect(await person.ok('enable', 'invoices', '--version', '2')).to.equal(
        'Enabled: invoices, version 2\n',
      );
      expect(await refused(4, 'disable', 'invoices', '--version', '3')).to.contain('rotate');

      const deleted = await person.ok('delete', 'invoices', '--recovery-window', '7d');
      const [, until = ''] = /^Deleted: invoices\. It can be restored until (\S+)\.\n$/.exec(deleted) ?? [];
      expect(Date.parse(until) - Date.now()).to.be.within(6.9 * 86_400_000, 7 * 86_400_000);
      expect(await refused(4, 'encrypt', 'invoices', 'text')).to.contain('deletion');
      expect(await person.ok('restore', 'invoices')).to.equal('Restored: invoices\n');
      expect(await person.ok('encrypt', 'invoices', 'text')).to.match(CIPHERTEXT(3));
      await refused(4, 'restore', 'invoices');
      await person.ok('disable', 'invoices', '--version', '1');
      const destroy = ['delete', 'invoices', '--version', '1'];
      expect(await refused(2, ...destroy)).to.contain('give --yes');
      expect((await info('invoices')).versions[0]).to.include({status: 'disabled'});
      expect(await person.ok(...destroy, '--yes')).to.equal('Deleted: invoices, version 1\n');
      expect((await info('invoices')).versions[0]).to.include({status: 'destroyed'});
      await refused(2, 'delete', 'invoices', '--version', '2', '--recovery-window', '7d');
    });

    it('import|export NAME …', async () => {
      const {privateKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'});
      const pem = privateKey.export({type: 'pkcs8', format: 'pem'}).toString();
      const jwk = JSON.stringify(privateKey.export({format: 'jwk'}));
      const der = privateKey.export({type: 'pkcs8', format: 'der'});
      for (const [file, content] of [
        ['pem', pem],
        ['jwk', jwk],
        ['der', der],
      ] as const) {
        writeFileSync(person.path(file), content);
        const line = await person.ok('import', `from-${file}`, '--input', file, '--exportable');
        expect(line).to.match(new RegExp(`^Imported: from-${file} \\(ecdsa-p256\\) {2}https://`));
        const written = `${file}.out`;
        expect(await person.ok('export', `from-${file}`, '--format', 'pem', '--output', written)).to.equal(
          '',
        );
        expect(readFileSync(person.path(written), 'utf8')).to.equal(pem);
        expect(statSync(person.path(written)).mode & 0o777).to.equal(0o600);
      }
      expect(JSON.parse(await person.ok('export', 'from-pem'))).to.deep.include(JSON.parse(jwk));
      expect(await refused(4, 'export', 'from-pem', '--output', 'pem.out')).to.contain('--force');
      await person.ok('export', 'from-pem', '--output', 'pem.out', '--force');
      expect(await refused(4, 'export', 'releases')).to.contain('exportable');

      const raw = randomBytes(32);
      const input = {input: raw};
      expect(
        await person.run(['import', 'raw', '--input', '-', '--type', 'aes256', '--exportable'], input),
      ).to.include({
        code: 0,
      });
      expect((await person.run(['export', 'raw', '--format', 'raw'])).bytes.equals(raw)).to.equal(true);
      expect((await person.run(['import', 'raw2', '--input', '-'], input)).err).to.contain(
        '--type is missing',
      );
      expect(await refused(1, 'import', 'raw2', '--input', 'F')).to.contain('longer than');
    });

    it('policy NAME …', async () => {
      expect(JSON.parse(await person.ok('policy', 'notes'))).to.deep.equal({});
      const changed = await person.ok(
        'policy',
        'notes',
        '--allow',
        'sign',
        '--rotate-after-uses',
        '10',
        '--max-data-bytes',
        '4',
      );
      expect(JSON.parse(changed)).to.deep.equal({
        ...{allowedOperations: ['sign'], rotation: {afterUses: 10}, maxDataBytes: 4},
      });
      const signature = (await person.ok('sign', 'notes', 'four')).trim();
      expect(await refused(4, 'verify', 'notes', 'four', signature)).to.contain('policy');
      await refused(4, 'sign', 'notes', 'more than four');
      const more = await person.ok(
        'policy',
        'notes',
        '--allow',
        'off',
        '--rotate-every',
        '90d',
        '--max-data-bytes',
        'off',
      );
      expect(JSON.parse(more)).to.deep.equal({rotation: {afterUses: 10, afterSeconds: 7_776_000}});
      expect((await info('notes')).policy).to.deep.equal(JSON.parse(more));
      expect(
        await person.ok('policy', 'notes', '--rotate-every', 'off', '--rotate-after-uses', 'off'),
      ).to.equal('{}\n');
      expect(await refused(2, 'policy', 'notes', '--rotate-every', 'often')).to.contain(
        '--rotate-every must be a duration',
      );
      expect(await refused(4, 'policy', 'notes', '--exportable')).to.contain('exportable');
    });

    it('public-key, csr, update', async () => {
      expect(await person.ok('public-key', 'releases')).to.match(/^-----BEGIN PUBLIC KEY-----\n/);
      const {keys} = JSON.parse(await person.ok('public-key', '--format', 'jwks')) as {keys: {kid: string}[]};
      expect(keys.map(({kid}) => kid)).to.include((await info('releases')).id);
      const csr = await person.ok('csr', 'releases', '--subject', 'CN=Example,C=CH', '--dns', 'kms.example');
      expect(csr).to.match(/^-----BEGIN CERTIFICATE REQUEST-----\n[^-]+-----END CERTIFICATE REQUEST-----\n$/);
      expect(
        await person.ok('update', 'notes', '--rename', 'letters', '--tag', 'x=y', '--description', 'd'),
      ).to.equal('Updated: notes\n');
      expect(await info('letters')).to.deep.include({tags: {x: 'y'}, description: 'd'});
      await person.ok('update', 'letters', '--untag', 'x', '--no-description');
      expect(await info('letters')).to.not.have.any.keys('tags', 'description');
      await refused(3, 'info', 'notes');
    });
  });
}
