/** @file What wakes the functions behind the API: changes of jobs, the schedule, metered predictions. */
import { Duration } from 'aws-cdk-lib';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { FilterPattern, SubscriptionFilter } from 'aws-cdk-lib/aws-logs';
import { LambdaDestination } from 'aws-cdk-lib/aws-logs-destinations';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { ServiceFunctions } from './functions.ts';

export interface Wiring {
  /** what could not be handed over, two weeks long */
  deadLetters: Queue;
  /** matches jobs that failed */
  failedJobs: Rule;
}

export function wireEvents(
  scope: Construct,
  { api, predict, events, dataSets, latencyModels }: ServiceFunctions,
  { jobQueueArn, scheduleName }: { jobQueueArn: string; scheduleName: string },
): Wiring {
  const deadLetters = new Queue(scope, 'DeadLetters', {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  const toEvents = () =>
    new LambdaTarget(events, { deadLetterQueue: deadLetters, maxEventAge: Duration.hours(6), retryAttempts: 20 });
  // Failures by a rule of their own, whose count is what an alarm watches.
  const jobs = (id: string, status: string[] | object[]) =>
    new Rule(scope, id, {
      eventPattern: {
        source: ['aws.batch'],
        detailType: ['Batch Job State Change'],
        detail: { jobQueue: [jobQueueArn], status },
      },
      targets: [toEvents()],
    });
  jobs('JobChanges', [{ 'anything-but': ['FAILED'] }]);
  const failedJobs = jobs('JobFailures', ['FAILED']);

  new Rule(scope, 'Tick', {
    ruleName: scheduleName,
    description: 'Enabled by the service while there is something to do',
    schedule: Schedule.rate(Duration.minutes(1)),
    enabled: false,
    targets: [events, dataSets, latencyModels].map((it) => new LambdaTarget(it, { retryAttempts: 0 })),
  });
  // The ticks alone may be missed: once a day somebody looks whether they are needed.
  new Rule(scope, 'DailyTick', {
    schedule: Schedule.rate(Duration.days(1)),
    targets: [
      new LambdaTarget(events, {
        deadLetterQueue: deadLetters,
        event: RuleTargetInput.fromObject({ 'detail-type': 'Scheduled Event' }),
      }),
    ],
  });
  for (const [id, it] of Object.entries({ Api: api, Predict: predict })) {
    new SubscriptionFilter(scope, `${id}Predictions`, {
      logGroup: it.logGroup,
      destination: new LambdaDestination(events),
      filterPattern: FilterPattern.literal('"latency.predicted"'),
    });
  }
  for (const it of [events, dataSets, latencyModels])
    it.configureAsyncInvoke({ maxEventAge: Duration.hours(6), retryAttempts: 2 });
  return { deadLetters, failedJobs };
}
