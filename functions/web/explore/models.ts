/** @file The latency models that a tenant may ask. */
import type { FittedLatencyModel } from '../../../shared/latency/fitted-model.ts';
import { callerOf, type WebContext } from '../context.ts';

/** More devices than this are not looked at side by side. */
const mostDevices = 50;

/** By id, those that ship and the tenant's own. */
export async function modelsOf(c: WebContext): Promise<FittedLatencyModel[]> {
  const { models } = c.get('dependencies');
  const tenant = callerOf(c).tenantId;
  const listed = await models.list({ tenant });
  const found = await Promise.all(
    listed.slice(0, mostDevices).map(({ hardware }) => models.find(hardware.id, { tenant })),
  );
  return found.flatMap((served) => (served === null ? [] : [served.model]));
}
