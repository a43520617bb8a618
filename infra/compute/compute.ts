/** @file Where searches run: machines, queue, job, and who gives jobs their credentials. */
import { Duration } from 'aws-cdk-lib';
import {
  type EcsJobDefinition,
  FairshareSchedulingPolicy,
  JobQueue,
  JobStateTimeLimitActionsAction,
  JobStateTimeLimitActionsReason,
  JobStateTimeLimitActionsState,
} from 'aws-cdk-lib/aws-batch';
import { Construct } from 'constructs';
import type { Settings } from '../config/settings.ts';
import type { Data } from '../data/data.ts';
import { credentialFunction } from './credentials.ts';
import { jobDefinition } from './job.ts';
import { machines } from './machines.ts';

export class Compute extends Construct {
  readonly queue: JobQueue;
  readonly job: EcsJobDefinition;

  constructor(scope: Construct, id: string, data: Data, settings: Settings) {
    super(scope, id);
    const { spot, onDemand } = machines(this, data.vpc, settings);
    const credentialsUrl = credentialFunction(this, data, settings);
    this.job = jobDefinition(this, { ...data, credentialsUrl }, settings);
    this.queue = new JobQueue(this, 'Queue', {
      computeEnvironments: [
        { computeEnvironment: spot, order: 1 },
        { computeEnvironment: onDemand, order: 2 },
      ],
      priority: 1,
      // Each tenant is a share, all of the same weight; what was used within the last hours counts.
      schedulingPolicy: new FairshareSchedulingPolicy(this, 'FairShare', {
        shareDecay: Duration.hours(6),
        computeReservation: 10,
      }),
      // Jobs that no machine of ours will ever take fail, and say why.
      jobStateTimeLimitActions: [
        JobStateTimeLimitActionsReason.JOB_RESOURCE_REQUIREMENT,
        JobStateTimeLimitActionsReason.COMPUTE_ENVIRONMENT_MAX_RESOURCE,
      ].map((reason) => ({
        reason,
        action: JobStateTimeLimitActionsAction.CANCEL,
        state: JobStateTimeLimitActionsState.RUNNABLE,
        maxTime: Duration.minutes(30),
      })),
    });
  }
}
