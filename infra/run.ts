/**
 * @file `npm run synth|deploy|destroy -- --stage NAME`: bundles the functions and hands over to the CDK's command line.
 * What stands behind `--` goes there as it is.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildLambdas } from '../functions/aws/build.ts';
import { FastpathError } from '../shared/errors.ts';
import { readSettings } from './config/settings.ts';

const root = join(import.meta.dirname, '..');
const output = join(root, '.dist/cdk.out');
/** What each command is to the CDK. A stage is thrown away as wholly as its settings allow. */
const commands: Record<string, string[]> = {
  synth: ['synth', '--quiet'],
  deploy: ['deploy', '--all', '--require-approval', 'never', '--outputs-file', join(root, '.dist/outputs.json')],
  destroy: ['destroy', '--all', '--force'],
};

try {
  const { values, positionals, tokens } = parse();
  const command = commands[positionals[0] ?? ''];
  if (command === undefined || values.stage === undefined) {
    throw new FastpathError('stage.usage', `usage: npm run ${Object.keys(commands).join('|')} -- --stage NAME`);
  }
  readSettings(values.stage);
  await buildLambdas();
  const terminator = tokens.find(({ kind }) => kind === 'option-terminator');
  const more = terminator === undefined ? [] : process.argv.slice(terminator.index + 3);
  const cdk = join(root, 'node_modules/aws-cdk/bin/cdk');
  const app = `${process.execPath} --import tsx ${join(root, 'infra/main.ts')}`;
  const { status } = spawnSync(process.execPath, [cdk, ...command, '--app', app, '--output', output, ...more], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, FASTPATH_STAGE: values.stage, CDK_DISABLE_CLI_TELEMETRY: 'true' },
  });
  process.exitCode = status ?? 1;
} catch (error) {
  if (!(error instanceof FastpathError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

function parse() {
  try {
    return parseArgs({ options: { stage: { type: 'string' } }, allowPositionals: true, tokens: true });
  } catch (cause) {
    throw new FastpathError('stage.usage', (cause as Error).message, { cause });
  }
}
