/** @file Sets the service up, as a part of its stack. */
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import { systemClock } from '../../shared/clock.ts';
import { openDataApi } from '../../shared/db/open-data-api.ts';
import { S3Store } from '../../shared/store/s3.ts';
import { sha256Of } from '../service/keys/key-text.ts';
import { customResource } from './custom-resource.ts';
import { setUp } from './set-up.ts';

const name = z.string().min(1);
const environment = z
  .object({
    FASTPATH_BUCKET: name,
    FASTPATH_DATABASE_ARN: name,
    FASTPATH_DATABASE_SECRET_ARN: name,
    FASTPATH_DATABASE: name,
    FASTPATH_KEYS_SECRET_ARN: name,
    FASTPATH_ORIGIN_SECRET_ARN: name,
  })
  .parse(process.env);
const secrets = new SecretsManagerClient({});
const keys = { SecretId: environment.FASTPATH_KEYS_SECRET_ARN };

async function textOf(secret: { SecretId: string }): Promise<string> {
  return (await secrets.send(new GetSecretValueCommand(secret))).SecretString ?? '';
}

export const handler = customResource(async () => {
  const { db } = openDataApi({
    resourceArn: environment.FASTPATH_DATABASE_ARN,
    secretArn: environment.FASTPATH_DATABASE_SECRET_ARN,
    database: environment.FASTPATH_DATABASE,
  });
  const { operatorSha256 } = await setUp({
    db,
    store: new S3Store({ bucket: environment.FASTPATH_BUCKET, prefix: '' }),
    clock: systemClock,
    readKeys: () => textOf(keys),
    writeKeys: async (SecretString) => void (await secrets.send(new PutSecretValueCommand({ ...keys, SecretString }))),
    pollMs: 5_000,
  });
  const originSha256 = sha256Of(await textOf({ SecretId: environment.FASTPATH_ORIGIN_SECRET_ARN }));
  return { OperatorSha256: operatorSha256, OriginSha256: originSha256 };
});
