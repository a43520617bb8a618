/** @file Log groups that forget. */
import { RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Settings } from './config/settings.ts';

export function logGroup(scope: Construct, id: string, { logDays, keepData }: Settings): LogGroup {
  const removalPolicy = keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
  return new LogGroup(scope, id, { retention: logDays, removalPolicy });
}
