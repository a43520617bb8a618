/** @file What a stage may be told, with what it costs. A stage is a file `infra/config/NAME.json`; `{}` is all defaults. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { firstProblem, oneOf } from '../../shared/contract/problem.ts';
import { FastpathError } from '../../shared/errors.ts';

/** What CloudWatch can keep logs for, in days. */
const logDays = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365] as const;

/** README.md beside this file tells them to people. */
export const settingsSchema = z.strictObject({
  /** whose pages, beside the service’s own, may read answers and upload, e.g. `https://app.example.com`, or `*` */
  corsOrigins: z.array(z.string().regex(/^(\*|https?:\/\/[^/,\s]+)$/)).default([]),
  /** families (`g5`) or types (`g5.xlarge`) that searches run on */
  instanceTypes: z
    .array(z.string().regex(/^[a-z][a-z0-9-]*(\.[a-z0-9]+)?$/))
    .min(1)
    .default(['g5.xlarge']),
  /** type whose price an hour is charged at */
  pricedAs: z.string().default('g5.xlarge'),
  /** that price, in place of the one in shared/pricing */
  pricePerHourUsd: z.number().min(0).optional(),
  /** processors of all machines together, on spot and on demand each */
  maxVcpus: z.int().min(1).default(16),
  /** of one search */
  jobVcpus: z.int().min(1).default(4),
  jobMemoryMib: z.int().min(2048).default(14_000),
  /** Aurora capacity units at most; one is about 2 GB of memory */
  databaseMaxCapacity: z.number().min(1).max(128).multipleOf(0.5).default(2),
  /** without a query, until the database sleeps */
  databasePauseMinutes: z.int().min(5).max(1440).default(5),
  /** that checkpoints are kept, also those of searches that were given up */
  checkpointDays: z.int().min(1).default(14),
  /** that progress, checkpoints and webhooks' deliveries outlive their search */
  keepDetailsDays: z.int().min(1).default(30),
  /** that whole searches outlive their end; absent: for ever */
  keepSearchesDays: z.int().min(1).optional(),
  /** that what was overwritten or deleted in the store can be brought back */
  oldVersionDays: z.int().min(1).default(30),
  logDays: z.literal(logDays).default(30),
  monthlyBudgetUsd: z.number().positive().default(100),
  /** told of alarms and of the budget */
  alarmEmail: z.email().optional(),
  /** whether tearing down leaves buckets and a last snapshot of the database behind */
  keepData: z.boolean().default(true),
});

export type Settings = z.output<typeof settingsSchema>;

/** @throws FastpathError `stage.unknown`, `stage.settings` */
export function readSettings(stage: string, folder: string = import.meta.dirname): Settings {
  const file = join(folder, `${stage}.json`);
  if (!/^[a-z][a-z0-9]{0,19}$/.test(stage) || !existsSync(file)) {
    const known = readdirSync(folder)
      .sort()
      .flatMap((name) => /^(\w+)\.json$/.exec(name)?.[1] ?? []);
    const message = `there is no stage ${JSON.stringify(stage)}: use ${oneOf(known)}, or write infra/config/NAME.json (letters and digits)`;
    throw new FastpathError('stage.unknown', message);
  }
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new FastpathError('stage.settings', `infra/config/${stage}.json is not JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
  const parsed = settingsSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new FastpathError('stage.settings', firstProblem(`infra/config/${stage}.json`, parsed.error, json));
}
