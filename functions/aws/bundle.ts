/**
 * @file Makes the Lambda functions: `npm run build:lambda` writes `.dist/lambda/NAME/index.mjs` for each, the AWS SDK
 * inside, which loads three times faster than the runtime's own.
 */
import { readFile } from 'node:fs/promises';
import { brotliCompressSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';

export const lambdas = {
  api: 'functions/api/lambda.ts',
  web: 'functions/web/lambda.ts',
  events: 'functions/events/lambda.ts',
  'data-sets': 'functions/events/data-sets-lambda.ts',
  'latency-models': 'functions/events/latency-models-lambda.ts',
  predict: 'functions/aws/predict-lambda.ts',
  credentials: 'functions/credentials/lambda.ts',
  'set-up': 'functions/aws/set-up-lambda.ts',
} as const;

export type LambdaName = keyof typeof lambdas;

const root = `${import.meta.dirname}/../..`;

/** Of zod what the functions use: it brings messages in fifty languages, a compiler, and schemas out of JSON Schema. */
const leanZod: Plugin = {
  name: 'lean-zod',
  setup({ onLoad }) {
    onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, ({ path }) => ({
      contents: "export { default as en } from './en.js';",
      resolveDir: path.replace(/\/[^/]*$/, ''),
    }));
    onLoad({ filter: /zod\/v4\/(core\/compile|classic\/from-json-schema)\.js$/ }, async ({ path }) => {
      const names = (await readFile(path, 'utf8')).matchAll(/^export (?:const|class|function) (\w+)/gm);
      return { contents: Array.from(names, ([, name]) => `export const ${name} = undefined;`).join('\n') };
    });
  },
};

/**
 * The shipped latency models as compressed text: JSON.parse reads it several times faster than V8 compiles literals, and
 * Brotli makes it an eighth smaller than the function's own archive would.
 */
const compressedModels: Plugin = {
  name: 'compressed-models',
  setup({ onLoad }) {
    onLoad({ filter: /latency\/models\/[^/]+\.json$/ }, async ({ path }) => {
      const text = JSON.stringify(JSON.parse(await readFile(path, 'utf8')));
      const base64 = brotliCompressSync(text).toString('base64');
      return {
        contents:
          "import { brotliDecompressSync } from 'node:zlib';\n" +
          `export default JSON.parse(brotliDecompressSync(Buffer.from('${base64}', 'base64')).toString());`,
      };
    });
  },
};

/**
 * One function as ES modules, by the path of each; nothing is written.
 * @param leaveOut packages that are there where it runs
 */
export async function bundleLambda(
  name: LambdaName,
  leaveOut: readonly string[] = [],
): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: { index: `${root}/${lambdas[name]}` },
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    target: 'node20',
    platform: 'node',
    mainFields: ['module', 'main'],
    // Compiled for one system: it has to be installed beside the bundle.
    external: ['sharp', ...leaveOut],
    // Some packages are CommonJS and ask for Node's modules.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    outExtension: { '.js': '.mjs' },
    outdir: `${root}/.dist/lambda/${name}`,
    plugins: [leanZod, compressedModels],
    write: false,
    logLevel: 'warning',
  });
  return new Map(outputFiles.map(({ path, contents }) => [path, contents]));
}
