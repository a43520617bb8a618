/**
 * @file Makes the Lambda functions: `npm run build:lambda` writes `.dist/lambda/NAME/index.mjs` for each, the AWS SDK
 * inside, which loads three times faster than the runtime's own.
 */
import { build, type Plugin } from 'esbuild';

export const lambdas = {
  api: 'functions/api/lambda.ts',
  events: 'functions/events/lambda.ts',
  'data-sets': 'functions/events/data-sets-lambda.ts',
  'latency-models': 'functions/events/latency-models-lambda.ts',
  predict: 'functions/aws/predict-lambda.ts',
  credentials: 'functions/credentials/lambda.ts',
  'set-up': 'functions/aws/set-up-lambda.ts',
} as const;

export type LambdaName = keyof typeof lambdas;

const root = `${import.meta.dirname}/../..`;

/** zod brings its messages in fifty languages. */
const englishOnly: Plugin = {
  name: 'english-only',
  setup({ onLoad }) {
    onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, ({ path }) => ({
      contents: "export { default as en } from './en.js';",
      resolveDir: path.replace(/\/[^/]*$/, ''),
    }));
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
    plugins: [englishOnly],
    write: false,
    logLevel: 'warning',
  });
  return new Map(outputFiles.map(({ path, contents }) => [path, contents]));
}
