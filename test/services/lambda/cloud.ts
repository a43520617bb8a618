/**
 * @file What Lambda functions run on, on this machine: S3 and EventBridge over HTTP, the Data API in front of PostgreSQL,
 * with what a deployment leaves in them and a tenant that has a key and credit.
 */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { topUp } from '../../../functions/service/credit/top-up.ts';
import { createKey } from '../../../functions/service/keys/create-key.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { OpenedDatabase } from '../../../shared/db/db.ts';
import { migrate } from '../../../shared/db/migrate.ts';
import { openDataApi } from '../../../shared/db/open-data-api.ts';
import { tenants } from '../../../shared/db/schema/index.ts';
import { S3Store } from '../../../shared/store/s3.ts';
import { DataApiServer } from '../data-api-server.ts';
import { PostgresServer } from '../postgres-server.ts';
import { type S3Server, startS3Server } from '../store-s3-server.ts';

export const batchNames = { jobQueue: 'searches', jobDefinition: 'worker' };
export const bucket = 'fastpath';
export const rule = 'fastpath-tick';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const region = 'us-east-1';
const place = { resourceArn: 'arn:aws:rds:us-east-1:123456789012:cluster:fastpath', secretArn: 'secret' };
const tenantId = 'local';

export class Cloud {
  private constructor(
    private readonly aws: S3Server,
    private readonly postgres: PostgresServer,
    private readonly dataApi: DataApiServer,
    private readonly database: OpenedDatabase,
    /** of the tenant */
    readonly key: string,
  ) {}

  static async start(): Promise<Cloud> {
    const [aws, postgres] = await Promise.all([startS3Server(), PostgresServer.start()]);
    const dataApi = await DataApiServer.start(await postgres.createDatabase());
    const here = { endpoint: aws.endpoint, region, credentials };
    await new S3Client({ ...here, forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: bucket }));
    const client = { endpoint: dataApi.endpoint, region, credentials };
    const database = openDataApi({ ...place, database: 'fastpath', client });
    const { db } = database;
    await migrate(db);
    const [clock, store] = [systemClock, new S3Store({ bucket, prefix: '', ...here })];
    await db.insert(tenants).values({ id: tenantId, name: 'test', createdAt: clock.now() });
    await topUp({ db, clock }, tenantId, { amountMicroUsd: 10_000_000, reference: 'test' });
    const { secret } = await createKey({ db, store, clock }, tenantId, { name: 'key', scopes: ['predict', 'search'] });
    return new Cloud(aws, postgres, dataApi, database, secret);
  }

  /** For clients of S3 and EventBridge. */
  get client() {
    return { endpoint: this.aws.endpoint, region, credentials };
  }

  /** Of a process that may use S3 and EventBridge. */
  get login() {
    return {
      PATH: process.env.PATH,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_ENDPOINT_URL: this.aws.endpoint,
      NODE_NO_WARNINGS: '1',
    };
  }

  /** Of the service's functions. */
  get environment() {
    return {
      ...this.login,
      TZ: 'UTC',
      AWS_ENDPOINT_URL_RDS_DATA: this.dataApi.endpoint,
      FASTPATH_STORE: `s3://${bucket}`,
      FASTPATH_JOB_QUEUE: batchNames.jobQueue,
      FASTPATH_JOB_DEFINITION: batchNames.jobDefinition,
      FASTPATH_INSTANCE_TYPE: 'g5.xlarge',
      FASTPATH_SCHEDULE_RULE: rule,
      FASTPATH_DATABASE_ARN: place.resourceArn,
      FASTPATH_DATABASE_SECRET_ARN: place.secretArn,
    };
  }

  async stop(): Promise<void> {
    await this.database.close();
    await this.dataApi.close();
    await this.postgres.remove();
    await this.aws.stop();
  }
}
