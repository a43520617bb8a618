/** @file README and docs/ agree with the project: what they name is there. What they say to type, test/services runs. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { apiApp } from '../../functions/api/app.ts';
import { openApiDocument } from '../../functions/api/docs/document.ts';
import { builtInTables } from '../../shared/latency/built-in.ts';
import { allOptions, callsIn, helpOf, unknownIn } from './command-line.ts';
import { documentNames, readDocument, repository } from './documents.ts';

const documents = documentNames.map(readDocument);
const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
const paths = Object.entries(openApiDocument(apiApp({} as never), 'test').paths ?? {}).flatMap(([path, item]) =>
  Object.keys(item).map((method) => ({ method: method.toUpperCase(), path })),
);

/** All source of these folders, tests apart. */
function sourceOf(...folders: string[]): string {
  return folders
    .flatMap((folder) =>
      readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    )
    .filter((file) => /\.(ts|tsx|js)$/.test(file) && !/\.test\.ts$|test\/documents/.test(file))
    .map((file) => readFileSync(join(repository, file), 'utf8'))
    .join('\n');
}
const product = sourceOf('shared', 'batch', 'functions', 'infra');
const everything = product + sourceOf('test');

const isShell = ({ language }: { language: string }) => language === 'sh';

describe.each(documents)('$name', (document) => {
  const { name, text, blocks, spans } = document;
  const shell = blocks.filter(isShell).map((block) => block.text);

  test('says of each block of code what language it is in', () => {
    expect(blocks.filter(({ language }) => !['sh', 'ts', 'json'].includes(language))).toEqual([]);
    expect(text.replaceAll(/^```[\s\S]*?^```$/gm, '').match(/^( {4}|\t).*$/gm)).toBeNull();
    expect(text.match(/^```/gm)?.length ?? 0).toBe(2 * blocks.length);
    // A mark that stands elsewhere would mark nothing.
    const marks = blocks.filter(({ mark }) => mark.kind !== 'run').length;
    expect(text.match(/<!--/g)?.length ?? 0).toBe(marks);
  });

  test('names scripts that there are, with options that they know', () => {
    const calls = [...shell, ...spans].flatMap((code) => [...code.matchAll(/npm run ([\w:-]+)(?: -- ([^#\n]*))?/g)]);
    for (const [, script, options = ''] of calls) {
      if (script === 'bench:NAME') continue;
      expect(scripts, name).toHaveProperty([script!]);
      for (const [, option] of options.matchAll(/--([\w-]+)/g)) expect(everything).toMatch(optionNamed(option!));
    }
  });

  test('uses the command line as its help tells it', async () => {
    const { commands } = await helpOf([]);
    const inWords = spans.filter((span) => span.includes(' --') && commands.includes(span.split(' ')[0]!));
    const calls = [...shell, ...spans].flatMap(callsIn);
    for (const call of [...calls, ...inWords]) expect(await unknownIn(call), call).toEqual([]);
    const options = await allOptions();
    for (const span of spans.filter((each) => each.startsWith('--'))) {
      const option = span.split(' ')[0]!;
      if (option !== '--' && !options.has(option)) expect(everything, option).toMatch(optionNamed(option.slice(2)));
    }
  });

  test('links to files and headings that there are', () => {
    for (const link of document.links) {
      if (/^https:\/\//.test(link)) continue;
      const [file, heading] = link.split('#') as [string, string?];
      const target = file === '' ? name : normalize(join(dirname(name), file));
      expect(existsSync(join(repository, target)), link).toBe(true);
      if (heading !== undefined) expect(readDocument(target).headings, link).toContain(heading);
    }
  });

  test('names folders and files of the project that there are', () => {
    const named = spans.filter((span) => /^(shared|batch|functions|infra|test|docs|\.ci)\/[\w./-]*$/.test(span));
    expect(named.filter((path) => !existsSync(join(repository, path)))).toEqual([]);
  });

  test('names routes that the API has', () => {
    const shellRoutes = shell.flatMap((code) =>
      [...code.matchAll(/\$api(\/[\w./${}-]+)/g)].map(([, path]) => `/v1${path}`),
    );
    const named = [...shell, ...spans].flatMap((code) => [...code.matchAll(/(?:\b([A-Z|]+) )?(\/v1\/[\w./{}-]+)/g)]);
    const routes = [
      ...named.map(([, method, path]) => ({ method, path: path! })),
      ...shellRoutes.map((path) => ({ method: undefined, path })),
    ];
    for (const { method, path } of routes) {
      const fitting = paths.filter((route) => fits(path, route.path)).map((route) => route.method);
      expect(fitting.length, path).toBeGreaterThan(0);
      for (const each of method?.split('|') ?? []) expect(fitting, path).toContain(each);
    }
  });

  test('names settings that something reads', () => {
    const settings = new Set(text.match(/\bFASTPATH_[A-Z_]*[A-Z]\b/g));
    for (const setting of settings) expect(everything.includes(setting), setting).toBe(true);
  });
});

test('what users are told to do about messages is about messages that there are', () => {
  const section = readDocument('README.md').text.split('## When something goes wrong')[1]!.split('\n## ')[0]!;
  const cells = Array.from(section.matchAll(/^\| (.+?) \| .+ \|$/gm), ([, cell]) => cell!);
  const messages = cells.flatMap((cell) => Array.from(cell.matchAll(/`([^`]+)`/g), ([, message]) => message!));
  expect(messages.length).toBeGreaterThan(10);
  // Source breaks long lines; what is filled in stands as … in the document.
  const joined = product.replaceAll(/['`] \+\s+['`]/g, '');
  for (const message of messages) {
    for (const part of message.split('…')) expect(joined.includes(part.trim()), part).toBe(true);
  }
});

test('devices that ship stand with the spaces that their tables cover', () => {
  const { text } = readDocument('docs/latency.md');
  for (const { hardware, coverage } of builtInTables) {
    const spaces = new Set(coverage.map(({ space }) => space));
    const row = text.split('\n').find((line) => line.startsWith(`| \`${hardware.id}\` |`));
    for (const space of spaces) {
      const covered = coverage.filter((each) => each.space === space);
      const sides = covered.map(({ resolution }) => resolution).sort((a, b) => a - b);
      expect(row).toContain(`\`${space}\` ${sides.join(', ')}`);
    }
    expect(row?.match(/`[\w-]+` \d/g)?.length, hardware.id).toBe(Math.max(1, spaces.size));
  }
});

test('pictures are shown somewhere, and small', () => {
  const shown = documents.flatMap(({ name, links }) => links.map((link) => normalize(join(dirname(name), link))));
  const pictures = readdirSync(join(repository, 'docs/pictures')).map((name) => `docs/pictures/${name}`);
  expect(pictures.filter((picture) => !shown.includes(picture))).toEqual([]);
  const bytes = pictures.reduce((sum, picture) => sum + statSync(join(repository, picture)).size, 0);
  expect(bytes).toBeLessThan(600_000);
});

function optionNamed(option: string): RegExp {
  const camel = option.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  return new RegExp(`--${option}\\b|['"]?\\b(${option}|${camel})\\b['"]?: ?\\{`);
}

/** Whether a path, with ids or shell variables in it or not, is one of that route. */
function fits(path: string, route: string): boolean {
  const [given, wanted] = [path, route].map((each) => each.split('/')) as [string[], string[]];
  return (
    given.length === wanted.length &&
    wanted.every((word, i) => word === given[i] || (word.startsWith('{') && given[i] !== ''))
  );
}
