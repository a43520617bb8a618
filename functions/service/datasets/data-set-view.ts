import type { DataSet } from '../../../shared/contract/api/data-sets.ts';
import type { DataLocation } from '../../../shared/contract/job-spec.ts';
import type { dataSets } from '../../../shared/db/schema/data-sets.ts';

export type DataSetRow = typeof dataSets.$inferSelect;

/** A data set as the API shows it. */
export function dataSetView(row: DataSetRow): DataSet {
  const { id, name, source, state, classes, images, bytes, externalId } = row;
  return {
    id,
    name,
    source,
    state,
    reason: row.reasonCode === null ? null : { code: row.reasonCode, message: row.reasonMessage ?? '' },
    classes,
    images,
    bytes,
    externalId,
    createdAt: row.createdAt.toISOString(),
    verifiedAt: row.verifiedAt?.toISOString() ?? null,
  };
}

/** What a search's spec says of its data. */
export function dataLocation({ uri, roleArn, externalId }: DataSetRow): DataLocation {
  return roleArn === null || externalId === null ? { uri } : { uri, role: { arn: roleArn, externalId } };
}
