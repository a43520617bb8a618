/** @file Where the timings and latency models of hardware lie in the store. Of each, `latest.json` names the version that counts. */
import type { Hardware } from '../contract/latency.ts';
import { publicTenant } from '../contract/tenants.ts';

/** The folder of a tenant's latency tables, with a slash at its end. */
export const tablesFolder = (tenantId: string): string => `${folderOf(tenantId)}/latency-tables/`;

/** The folder of a tenant's latency models, with a slash at its end. */
export const modelsFolder = (tenantId: string): string => `${folderOf(tenantId)}/latency-models/`;

/** @param folder as one of the above gives it */
export const versionKey = (folder: string, hardwareId: string, version: string): string =>
  `${folder}${hardwareId}/${version}.json`;

export const latestKey = (folder: string, hardwareId: string): string => `${folder}${hardwareId}/latest.json`;

/** The hardware that a `latest.json` is of, or null for any other key. */
export const hardwareOfLatest = (key: string): string | null => /\/([^/]+)\/latest\.json$/.exec(key)?.[1] ?? null;

function folderOf(tenantId: string): string {
  return tenantId === publicTenant ? publicTenant : `tenants/${tenantId}`;
}

/** `latest.json` of a hardware's models. */
export interface LatestModel {
  version: string;
  /** of the table that the model is fitted to */
  tableVersion: string;
  hardware: Hardware;
}
