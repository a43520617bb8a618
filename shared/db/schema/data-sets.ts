/** @file Registered images: uploaded, in a bucket of the customer's, or a directory under `--data-root`. */
import { sql } from 'drizzle-orm';
import { bigint, check, index, integer, pgTable, text, unique } from 'drizzle-orm/pg-core';
import { idCheck, instant, oneOf, sha256Check, tenantId } from './columns.ts';

export const dataSetSources = ['upload', 'bucket', 'directory'] as const;
export const dataSetStates = ['pending', 'verifying', 'verified', 'refused'] as const;
export type DataSetSource = (typeof dataSetSources)[number];
export type DataSetState = (typeof dataSetStates)[number];

export const dataSets = pgTable(
  'data_sets',
  {
    id: text().primaryKey(),
    tenantId: tenantId(),
    name: text().notNull(),
    source: text({ enum: dataSetSources }).notNull(),
    /** `s3://bucket/prefix` or a directory */
    uri: text().notNull(),
    /** of the customer's bucket */
    roleArn: text(),
    externalId: text(),
    state: text({ enum: dataSetStates }).notNull(),
    /** why it was refused */
    reasonCode: text(),
    reasonMessage: text(),
    classes: integer(),
    images: bigint({ mode: 'number' }),
    /** of these, the ones to train on; the others are the set's own held-out ones */
    trainImages: bigint({ mode: 'number' }),
    bytes: bigint({ mode: 'number' }),
    /** SHA-256 over what the images are, so that a changed set is noticed */
    fingerprint: text(),
    /** how often it was looked into without an answer */
    verifyTries: integer().notNull().default(0),
    /** who looks into it moves this ahead, so that nobody else does before; null: any time */
    verifyAfter: instant(),
    createdAt: instant().notNull(),
    verifiedAt: instant(),
  },
  (table) => [
    idCheck('data_sets_id', table.id, 'ds'),
    oneOf('data_sets_source', table.source, dataSetSources),
    oneOf('data_sets_state', table.state, dataSetStates),
    sha256Check('data_sets_fingerprint', table.fingerprint),
    check(
      'data_sets_verified',
      sql`${table.state} <> 'verified' or (${table.verifiedAt} is not null and coalesce(${table.classes}, 0) >= 2 and coalesce(${table.images}, 0) > 0 and coalesce(${table.bytes}, 0) > 0)`,
    ),
    check('data_sets_refused', sql`(${table.state} = 'refused') = (${table.reasonCode} is not null)`),
    check('data_sets_role', sql`${table.source} = 'bucket' or ${table.roleArn} is null`),
    unique('data_sets_tenant_id').on(table.tenantId, table.id),
    index('data_sets_tenant').on(table.tenantId, table.createdAt),
  ],
);
