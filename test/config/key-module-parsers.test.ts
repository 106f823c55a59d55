import {expect} from 'chai';
import {parseKeyModules} from '../../lib/config/key-module-parsers.ts';

describe('the setting of key modules', () => {
  it('names ours, and others with where they are', () => {
    for (const [text, modules] of [
      ['software', [{name: 'software'}]],
      ['hsm=some-package', [{name: 'hsm', specifier: 'some-package'}]],
      [
        'a=@scope/package/entry.js, software , b-2=/opt/my module/module.js',
        [
          {name: 'a', specifier: '@scope/package/entry.js'},
          {name: 'software'},
          {name: 'b-2', specifier: '/opt/my module/module.js'},
        ],
      ],
      ['hsm=/a=b.js', [{name: 'hsm', specifier: '/a=b.js'}]],
    ] as const) {
      expect(parseKeyModules(text), text).to.deep.equal(modules);
    }
  });

  it('refuses everything else, and does not repeat where it is', () => {
    for (const text of [
      ...['', ',', 'software,', 'hsm', 'Software', 'constructor', 'ssm-v1', '=package', 'hsm='],
      ...['Hsm=package', '1hsm=package', 'h_sm=package', `${'h'.repeat(64)}=package`, 'hsm =package'],
      ...['hsm=./secret-module.js', 'hsm=../secret', 'hsm=secret/../up', 'hsm=file:///secret.js'],
      ...[
        'hsm=https://secret.example/m.js',
        'hsm=data:text/javascript,secret',
        'hsm=node:fs',
        'hsm=/a\0secret',
      ],
      ...['hsm=Secret', 'hsm=~/secret.js', 'hsm=@scope', 'hsm=secret/', 'hsm=.secret'],
      ...['software=secret', 'ssm-v1=secret', 'software,software', 'hsm=a,hsm=b', 'software,,hsm=a'],
    ]) {
      expect(() => parseKeyModules(text), text)
        .to.throw(Error, /^must/)
        .with.property('message')
        .that.does.not.match(/secret/i);
    }
    expect(parseKeyModules(`${'h'.repeat(63)}=package`)).to.have.length(1);
  });
});
