/** @file What can be said about the cloud without one: the template by AWS's own rules, the edge's configuration by its own tool. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastpath-infra-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The CDK names dependencies that a reference implies already. */
const impliedDependency = 'W3005';

test.each(['dev', 'prod'])(
  'stage %s synthesises by the command, offline, and cfn-lint finds nothing',
  async (stage) => {
    const { HTTPS_PROXY: _, HTTP_PROXY: __, ...environment } = process.env;
    // No network is reached: the proxy is one that refuses.
    const offline = { ...environment, HTTPS_PROXY: 'http://127.0.0.1:9', AWS_EC2_METADATA_DISABLED: 'true' };
    const args = ['--import', 'tsx', 'infra/run.ts', 'synth', '--stage', stage];
    await run(process.execPath, args, { cwd: root, env: offline });
    const template = join(root, '.dist/cdk.out', `fastpath-${stage}.template.json`);
    const python = process.env.FASTPATH_TEST_PYTHON ?? join(root, '.venv/bin/python');
    const lint = 'import sys; from cfnlint.runner import main; sys.exit(main())';
    const { stdout } = await run(python, ['-c', lint, '--ignore-checks', impliedDependency, '--', template]);
    expect(stdout).toBe('');
  },
);

test('the edge’s configuration makes a worker', async () => {
  const wrangler = join(root, 'node_modules/wrangler/bin/wrangler.js');
  const config = join(root, 'functions/predict/wrangler.jsonc');
  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG_PATH: join(folder, 'log'), CI: '1' };
  const args = [wrangler, 'deploy', '--dry-run', '--strict', '--config', config, '--outdir', join(folder, 'edge')];
  const { stdout, stderr } = await run(process.execPath, args, { cwd: folder, env });
  expect(stderr).not.toMatch(/WARNING|ERROR/);
  expect(stdout).toContain('--dry-run: exiting now.');
  expect(await readdir(join(folder, 'edge'))).toContain('worker.js');
});
