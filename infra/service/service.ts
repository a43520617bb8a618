/** @file What customers reach, and what works behind it. */
import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Compute } from '../compute/compute.ts';
import type { Settings } from '../config/settings.ts';
import type { Data } from '../data/data.ts';
import { edge } from './edge.ts';
import { wireEvents } from './events.ts';
import { serviceFunctions } from './functions.ts';
import { setUp } from './set-up.ts';
import { watch } from './watch.ts';

export interface ServiceOptions {
  stage: string;
  settings: Settings;
  data: Data;
  compute: Compute;
}

export class Service extends Construct {
  readonly url: string;

  constructor(scope: Construct, id: string, { stage, settings, data, compute }: ServiceOptions) {
    super(scope, id);
    const hashes = setUp(this, data, settings);
    // By name, or rule and functions would wait for each other.
    const scheduleName = `fastpath-${stage}-tick`;
    const schedule = {
      name: scheduleName,
      arn: Stack.of(this).formatArn({ service: 'events', resource: 'rule', resourceName: scheduleName }),
    };
    const functions = serviceFunctions(this, { data, compute, settings, schedule, hashes });
    const distribution = edge(this, functions, data.originSecret);
    const wiring = wireEvents(this, functions, { jobQueueArn: compute.queue.jobQueueArn, scheduleName });
    watch(this, { stage, settings, functions, database: data.database, edge: distribution, ...wiring });
    this.url = `https://${distribution.distributionDomainName}`;
  }
}
