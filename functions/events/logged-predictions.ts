/** @file Metered predictions out of the log that CloudWatch hands on, at least once. */
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { meteredEvent } from '../predict/log-line.ts';
import type { PredictionBatch } from '../service/usage/record.ts';

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html */
export const logDeliverySchema = z.object({ awslogs: z.object({ data: z.base64() }) });

const logSchema = z.object({
  logEvents: z.array(z.object({ timestamp: z.int(), message: z.string() })),
});

const useSchema = z.object({
  event: z.literal(meteredEvent),
  tenant: z.string(),
  requestId: z.uuid(),
  predictions: z.int().positive(),
});

/** One batch a request, which has its id for a name: however often a line comes, it counts once. */
export function loggedPredictions({ awslogs }: z.infer<typeof logDeliverySchema>): PredictionBatch[] {
  const { logEvents } = logSchema.parse(JSON.parse(gunzipSync(Buffer.from(awslogs.data, 'base64')).toString()));
  return logEvents.flatMap(({ timestamp, message }) => {
    const use = useOf(message);
    if (use === null) return [];
    const { requestId: instance, tenant, predictions } = use;
    return { instance, sequence: 0, at: new Date(timestamp), predictions: new Map([[tenant, predictions]]) };
  });
}

/** Of a whole line as Lambda writes it; what only quotes one in a message of its own is none. */
function useOf(message: string): z.infer<typeof useSchema> | null {
  const json = /^[^\t]+\t[^\t]+\tINFO\t(\{.*\})\n?$/.exec(message)?.[1];
  if (json === undefined) return null;
  try {
    return useSchema.safeParse(JSON.parse(json)).data ?? null;
  } catch {
    return null;
  }
}
