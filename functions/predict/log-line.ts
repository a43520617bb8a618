/** @file Metering where no timer runs between requests: one structured line each, which the log's subscriber inserts once. */
import type { Meter } from './ports.ts';

export const meteredEvent = 'latency.predicted';

export const logLine: Meter = (use) => console.log(JSON.stringify({ event: meteredEvent, ...use }));
