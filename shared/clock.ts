/** @file The time as a dependency: services and queues take it as a parameter, so that tests can set it. */

export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
