import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, open, readFile, rm, stat} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {createLogger} from '../../lib/observability/logger.ts';

const LOGGER = join(import.meta.dirname, '../../lib/observability/logger.ts');

function lines(
  log: (logger: ReturnType<typeof createLogger>) => void,
  level = 'info',
): Record<string, unknown>[] {
  const written: Record<string, unknown>[] = [];
  log(
    createLogger({
      level,
      stream: {write: (line) => void written.push(JSON.parse(line) as Record<string, unknown>)},
    }),
  );
  return written;
}

describe('logger', () => {
  it('writes one line of JSON with a level in words and a time', () => {
    const [line] = lines((log) => log.info({a: 1}, 'hello\nworld'));
    expect(line).to.deep.include({level: 'info', a: 1, msg: 'hello\nworld'});
    expect(line?.['time']).to.match(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/);
    expect(line).to.have.all.keys('level', 'time', 'a', 'msg');
  });

  it('is silent below its level', () => {
    expect(lines((log) => log.info('x'), 'warn')).to.deep.equal([]);
    expect(lines((log) => log.fatal('x'), 'silent')).to.deep.equal([]);
  });

  it('does not write the headers that authorise', () => {
    const headers = {
      authorization: 'S1',
      'capability-invocation': 'S2',
      digest: 'S3',
      cookie: 'S4',
      accept: 'shown',
    };
    const [line] = lines((log) => log.info({...headers, headers, req: {headers}}, 'x'));
    expect(JSON.stringify(line)).not.to.match(/S[1-4]/);
    expect(line?.['headers']).to.deep.include({accept: 'shown', authorization: '[redacted]'});
    expect(headers.authorization).to.equal('S1');
  });

  it('describes errors without what they carry', () => {
    const [line] = lines((log) => log.error({err: Object.assign(new Error('failed'), {key: 'S1'})}, 'x'));
    expect(line?.['err'])
      .to.include({name: 'Error', message: 'failed'})
      .and.to.have.all.keys('name', 'message', 'stack');
  });

  it('has written everything to a file, for its owner only, when the process ends', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'webkms-log-'));
    try {
      const file = join(dir, 'logs', 'webkms.log');
      const script = `
        import {createLogger} from ${JSON.stringify(LOGGER)};
        const log = createLogger({level: 'info', file: ${JSON.stringify(file)}});
        for (let i = 0; i < 100; i++) log.info({i}, 'line');
        process.exitCode = 0;`;
      for (let run = 0; run < 2; run++) {
        const {status, stderr} = spawnSync(process.execPath, ['--input-type=module', '--eval', script]);
        expect({status, stderr: stderr.toString()}).to.deep.equal({status: 0, stderr: ''});
      }
      const written = (await readFile(file, 'utf8')).trim().split('\n');
      expect(written.map((line) => (JSON.parse(line) as {i: number}).i)).to.deep.equal([
        ...Array(100).keys(),
        ...Array(100).keys(),
      ]);
      expect((await stat(file)).mode & 0o777).to.equal(0o600);
    } finally {
      await rm(dir, {recursive: true});
    }
  });

  it('has written everything when an error that nobody caught ends the process', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'webkms-log-'));
    try {
      const file = join(dir, 'webkms.log');
      const script = `
        import {createLogger} from ${JSON.stringify(LOGGER)};
        import {exitOnUncaught} from ${JSON.stringify(join(import.meta.dirname, '../../lib/cli/uncaught.ts'))};
        const log = createLogger({level: 'info', file: ${JSON.stringify(file)}});
        exitOnUncaught(process, log);
        for (let i = 0; i < 100; i++) log.info({i}, 'line');
        setTimeout(() => {
          for (let i = 100; i < 103; i++) log.info({i}, 'line');
          throw new Error('unforeseen');
        }, 20);`;
      const {status} = spawnSync(process.execPath, ['--input-type=module', '--eval', script]);
      const written = (await readFile(file, 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as {i?: number; msg: string});
      expect({status, last: written.pop()?.msg}).to.deep.equal({status: 1, last: 'uncaught error'});
      expect(written.map(({i}) => i)).to.deep.equal([...Array(103).keys()]);
    } finally {
      await rm(dir, {recursive: true});
    }
  });

  for (const place of ['a file', 'a pipe'] as const) {
    it(`keeps lines whole, and those of a process in order, where several write to ${place}`, async () => {
      const dir = await mkdtemp(join(tmpdir(), 'webkms-log-'));
      const path = join(dir, 'webkms.log');
      if (place === 'a pipe') spawnSync('mkfifo', [path]);
      const script = `
        import {createLogger} from ${JSON.stringify(LOGGER)};
        const log = createLogger({level: 'info', file: ${JSON.stringify(path)}, shared: true});
        for (let i = 0; i < 3000; i++) {
          log.info({pid: process.pid, i}, 'x'.repeat((i * 7) % 300));
          if (i % 200 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        }`;
      try {
        // It ends for who reads it when this one is closed, too: after all of them have begun.
        const pipe = place === 'a pipe' ? await open(path, 'r+') : undefined;
        const reading = pipe && readFile(path, 'utf8');
        const writers = Array.from({length: 3}, () =>
          spawn(process.execPath, ['--input-type=module', '--eval', script], {stdio: 'inherit'}),
        );
        await Promise.all(writers.map(async (writer) => once(writer, 'exit')));
        await pipe?.close();
        const counts = new Map<number, number>();
        for (const line of (await (reading ?? readFile(path, 'utf8'))).trim().split('\n')) {
          const {pid, i} = JSON.parse(line) as {readonly pid: number; readonly i: number};
          expect(i).to.equal(counts.get(pid) ?? 0);
          counts.set(pid, i + 1);
        }
        expect([...counts.values()]).to.deep.equal([3000, 3000, 3000]);
      } finally {
        await rm(dir, {recursive: true});
      }
    });
  }

  for (const shared of [false, true]) {
    it(`writes few lines soon, while the process goes on${shared ? ', also where others write there' : ''}`, async () => {
      const dir = await mkdtemp(join(tmpdir(), 'webkms-log-'));
      const file = join(dir, 'webkms.log');
      const script = `
        import {createLogger} from ${JSON.stringify(LOGGER)};
        createLogger({level: 'info', file: ${JSON.stringify(file)}, shared: ${shared}}).info('alone');
        setInterval(() => undefined, 1000);`;
      const child = spawn(process.execPath, ['--input-type=module', '--eval', script]);
      try {
        while (child.exitCode === null && !(await readFile(file, 'utf8').catch(() => '')).endsWith('\n')) {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        expect(child.exitCode).to.equal(null);
        expect(JSON.parse(await readFile(file, 'utf8'))).to.include({msg: 'alone'});
      } finally {
        child.kill('SIGKILL');
        await rm(dir, {recursive: true});
      }
    });
  }
});
