/**
 * @file Writes the declarations of `fastpath/client` beside its JavaScript in .dist: of its two entry points and of all
 * that their types name, which is the contract and nothing of the server.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';

const root = resolve(import.meta.dirname, '../..');
const entryPoints = ['index.ts', 'node.ts'].map((name) => join(import.meta.dirname, name));

const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: entryPoints }, ts.sys, root);
const emitted = { ...options, noEmit: false, declaration: true, emitDeclarationOnly: true, stripInternal: true };
// The server's types are not named by what is emitted, and reading them would take most of the time.
const host = ts.createCompilerHost(emitted);
const { getSourceFile } = host;
const server = join(root, 'functions/api/app.ts');
host.getSourceFile = (file, language, ...rest) =>
  resolve(file) === server
    ? ts.createSourceFile(file, 'export type Api = never;', language)
    : getSourceFile(file, language, ...rest);
const program = ts.createProgram(entryPoints, emitted, host);

const reached = new Set(entryPoints);
for (const file of reached) {
  const source = program.getSourceFile(file)!;
  program.emit(source, (_, text) => write(file, text), undefined, true);
}

function write(file: string, text: string): void {
  const out = join(root, '.dist', relative(root, file).replace(/\.ts$/, '.d.ts'));
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, text);
  for (const { fileName } of ts.preProcessFile(text).importedFiles) {
    if (fileName.startsWith('.')) reached.add(resolve(dirname(file), fileName));
  }
}
