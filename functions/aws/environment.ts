/** @file What the Lambda functions are told by their environment; parsed once, when an instance starts. */
import { z } from 'zod';
import { firstProblem } from '../../shared/contract/problem.ts';
import { FastpathError } from '../../shared/errors.ts';
import { defaultRetention } from '../service/upkeep/sweep.ts';
import { corsOriginsSchema } from './cors-origins.ts';

const name = z.string().min(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const environmentSchema = z
  .object({
    /** `s3://bucket/prefix` */
    FASTPATH_STORE: z.string().regex(/^s3:\/\/[^/]+/),
    FASTPATH_JOB_QUEUE: name,
    FASTPATH_JOB_DEFINITION: name,
    /** what searches run on, and its price where the table in shared/pricing is not to be used */
    FASTPATH_INSTANCE_TYPE: name,
    FASTPATH_PRICE_PER_HOUR_USD: z.coerce.number().min(0).optional(),
    /** EventBridge rule with the schedule, which is enabled while there is something to do */
    FASTPATH_SCHEDULE_RULE: name,
    /** of the operator's key, as hex; absent: nobody is the operator */
    FASTPATH_OPERATOR_SHA256: sha256.optional(),
    /** of what CloudFront shows, as hex; absent: whoever knows the function's own address is answered, too */
    FASTPATH_ORIGIN_SHA256: sha256.optional(),
    FASTPATH_CORS_ORIGINS: corsOriginsSchema,
    /** Aurora, through the RDS Data API */
    FASTPATH_DATABASE_ARN: name,
    FASTPATH_DATABASE_SECRET_ARN: name,
    FASTPATH_DATABASE: name.default('fastpath'),
    /** how long checkpoints, progress and deliveries are kept, and whole searches; absent: the latter for ever */
    FASTPATH_KEEP_DETAILS_DAYS: z.coerce.number().int().min(1).optional(),
    FASTPATH_KEEP_SEARCHES_DAYS: z.coerce.number().int().min(1).optional(),
  })
  .transform((given) => ({
    store: given.FASTPATH_STORE,
    jobQueue: given.FASTPATH_JOB_QUEUE,
    jobDefinition: given.FASTPATH_JOB_DEFINITION,
    instanceType: given.FASTPATH_INSTANCE_TYPE,
    pricePerHourUsd: given.FASTPATH_PRICE_PER_HOUR_USD ?? null,
    scheduleRule: given.FASTPATH_SCHEDULE_RULE,
    retention: {
      detailDays: given.FASTPATH_KEEP_DETAILS_DAYS ?? defaultRetention.detailDays,
      searchDays: given.FASTPATH_KEEP_SEARCHES_DAYS ?? defaultRetention.searchDays,
    },
    operatorSha256: given.FASTPATH_OPERATOR_SHA256 ?? null,
    originSha256: given.FASTPATH_ORIGIN_SHA256 ?? null,
    corsOrigins: given.FASTPATH_CORS_ORIGINS,
    database: {
      resourceArn: given.FASTPATH_DATABASE_ARN,
      secretArn: given.FASTPATH_DATABASE_SECRET_ARN,
      database: given.FASTPATH_DATABASE,
    },
  }));

export type LambdaEnvironment = z.output<typeof environmentSchema>;

/** @throws FastpathError `lambda.environment` */
export function readLambdaEnvironment(environment: NodeJS.ProcessEnv): LambdaEnvironment {
  // Code for it would be made to run once.
  const parsed = environmentSchema.safeParse(environment, { jitless: true });
  if (parsed.success) return parsed.data;
  throw new FastpathError('lambda.environment', firstProblem('environment', parsed.error, environment));
}
