import {join} from 'node:path';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '..', '..');

/** A type that a module declares. */
export interface TypeName {
  readonly module: string;
  readonly type: string;
}

/**
 * What TypeScript finds wrong with values as literals of their types: words that a type does not have, too, which the
 * validators of Kubernetes' models let through.
 */
export function typeErrors(
  values: readonly {readonly value: unknown; readonly of: TypeName}[],
): readonly string[] {
  const text = values
    .map(({value, of: {module, type}}, index) => {
      const name = `Type${index}`;
      return `import type {${type} as ${name}} from '${module}';\nexport const v${index}: ${name} = ${JSON.stringify(value)};\n`;
    })
    .join('');
  const path = join(ROOT, 'test', 'deploy', 'values.ts');
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2024,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
  };
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (file) => file === path || disk.fileExists(file),
    readFile: (file) => (file === path ? text : disk.readFile(file)),
    getSourceFile: (file, version, ...rest) =>
      file === path ? ts.createSourceFile(file, text, version) : disk.getSourceFile(file, version, ...rest),
  };
  const program = ts.createProgram([path], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({messageText}) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
