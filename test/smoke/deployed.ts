/** @file Where a deployed stage is, and its first keys: from what `npm run deploy` wrote down, and the stage's secret. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import { FastpathError } from '../../shared/errors.ts';

export interface Deployed {
  url: string;
  adminKey: string;
  operatorKey: string;
}

const outputsSchema = z.object({ Url: z.url(), KeysSecret: z.string() });
const keysSchema = z.object({ adminKey: z.string(), operatorKey: z.string() });

/** @throws FastpathError `smoke.not-deployed`, `smoke.keys` */
export async function findDeployed(stage: string, root: string): Promise<Deployed> {
  const { Url, KeysSecret } = readOutputs(stage, join(root, '.dist/outputs.json'));
  const region = KeysSecret.split(':')[3]!;
  try {
    const client = new SecretsManagerClient({ region });
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: KeysSecret }));
    return { url: Url, ...keysSchema.parse(JSON.parse(SecretString ?? '')) };
  } catch (cause) {
    const message = `the keys of stage ${stage} cannot be read (${(cause as Error).name}): check your AWS credentials`;
    throw new FastpathError('smoke.keys', message, { cause });
  }
}

/** A key that `fastpath serve` wrote. @throws FastpathError `smoke.keys` */
export function keyIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new FastpathError('smoke.keys', `there is no key in ${file}: fastpath serve says where it wrote one`, {
      cause,
    });
  }
}

function readOutputs(stage: string, file: string): z.infer<typeof outputsSchema> {
  try {
    const outputs = JSON.parse(readFileSync(file, 'utf8'));
    return outputsSchema.parse(outputs[`fastpath-${stage}`]);
  } catch (cause) {
    const message = `${file} tells nothing of stage ${stage}: run npm run deploy -- --stage ${stage} here first`;
    throw new FastpathError('smoke.not-deployed', message, { cause });
  }
}
