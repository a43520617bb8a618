/** @file Who is told when something goes wrong or becomes dear: alarms, budget, dashboard. */
import { Duration } from 'aws-cdk-lib';
import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import type { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import {
  Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IMetric,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Rule } from 'aws-cdk-lib/aws-events';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { DatabaseCluster } from 'aws-cdk-lib/aws-rds';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { Settings } from '../config/settings.ts';
import type { ServiceFunctions } from './functions.ts';

export interface Watched {
  stage: string;
  settings: Settings;
  functions: ServiceFunctions;
  database: DatabaseCluster;
  edge: Distribution;
  deadLetters: Queue;
  failedJobs: Rule;
}

/** By this tag the budget knows what is the stage's; it has to be activated once as a cost allocation tag. */
export const stageTag = 'fastpath-stage';

export function watch(scope: Construct, watched: Watched): void {
  const { functions, deadLetters, failedJobs, settings } = watched;
  const topic = new Topic(scope, 'Alarms', { enforceSSL: true });
  for (const service of ['cloudwatch.amazonaws.com', 'budgets.amazonaws.com']) {
    topic.grantPublish(new ServicePrincipal(service));
  }
  if (settings.alarmEmail !== undefined) topic.addSubscription(new EmailSubscription(settings.alarmEmail));
  const alarm = (id: string, metric: IMetric, threshold: number, description: string) =>
    new Alarm(scope, id, {
      alarmDescription: description,
      metric,
      threshold,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }).addAlarmAction(new SnsAction(topic));
  const failures = matched(failedJobs);
  const dead = deadLetters.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' });
  alarm('FailedJobs', failures, 3, 'Three jobs failed within an hour: see their status reasons and logs');
  alarm('Dead', dead, 1, 'An event could not be handled: read the dead-letter queue, then send it again');
  for (const [name, it] of Object.entries(functions)) {
    const errors = it.metricErrors({ period: Duration.minutes(15), statistic: 'Sum' });
    alarm(`${name}Errors`, errors, 5, `The function ${name} fails: see its log`);
  }
  budget(scope, topic, watched);
  dashboard(scope, watched, failures, dead);
}

function matched(rule: Rule): Metric {
  return new Metric({
    namespace: 'AWS/Events',
    metricName: 'MatchedEvents',
    dimensionsMap: { RuleName: rule.ruleName },
    period: Duration.hours(1),
    statistic: 'Sum',
  });
}

/** Tells at 80 % of what was spent, and when the month is foreseen to go over. */
function budget(scope: Construct, topic: Topic, { stage, settings }: Watched): void {
  const notify = (notificationType: 'ACTUAL' | 'FORECASTED', threshold: number) => ({
    notification: { notificationType, comparisonOperator: 'GREATER_THAN', threshold, thresholdType: 'PERCENTAGE' },
    subscribers: [{ subscriptionType: 'SNS', address: topic.topicArn }],
  });
  new CfnBudget(scope, 'Budget', {
    budget: {
      budgetType: 'COST',
      timeUnit: 'MONTHLY',
      budgetLimit: { amount: settings.monthlyBudgetUsd, unit: 'USD' },
      costFilters: { TagKeyValue: [`user:${stageTag}$${stage}`] },
    },
    notificationsWithSubscribers: [notify('ACTUAL', 80), notify('ACTUAL', 100), notify('FORECASTED', 100)],
  });
}

function dashboard(scope: Construct, watched: Watched, failures: IMetric, dead: IMetric): void {
  const { functions, database, edge } = watched;
  const all = Object.values(functions);
  const graph = (title: string, left: IMetric[]) => new GraphWidget({ title, left, width: 12 });
  new Dashboard(scope, 'Dashboard', {
    widgets: [
      [graph('Requests', [edge.metricRequests()]), graph('Failed jobs, dead letters', [failures, dead])],
      [
        graph(
          'Errors of functions',
          all.map((it) => it.metricErrors()),
        ),
        graph(
          'Duration of functions, 99 %',
          all.map((it) => it.metricDuration({ statistic: 'p99' })),
        ),
      ],
      [
        graph('Database capacity (units)', [database.metric('ServerlessDatabaseCapacity', { statistic: 'Average' })]),
        graph(
          'Functions at once',
          all.map((it) => it.metric('ConcurrentExecutions', { statistic: 'Maximum' })),
        ),
      ],
    ],
  });
}
