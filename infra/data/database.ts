/** @file Aurora Serverless v2, asleep when nobody asks, reached through the RDS Data API. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type IVpc, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  AuroraPostgresEngineVersion,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
} from 'aws-cdk-lib/aws-rds';
import type { Construct } from 'constructs';
import type { Settings } from '../config/settings.ts';

export const databaseName = 'fastpath';

export function database(scope: Construct, vpc: IVpc, settings: Settings): DatabaseCluster {
  // The Data API needs no way in.
  const closed = new SecurityGroup(scope, 'DatabaseClosed', {
    vpc,
    description: 'Lets nothing in or out',
    allowAllOutbound: false,
  });
  return new DatabaseCluster(scope, 'Database', {
    engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_7 }),
    writer: ClusterInstance.serverlessV2('writer', { autoMinorVersionUpgrade: true }),
    serverlessV2MinCapacity: 0,
    serverlessV2MaxCapacity: settings.databaseMaxCapacity,
    serverlessV2AutoPauseDuration: Duration.minutes(settings.databasePauseMinutes),
    vpc,
    vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
    securityGroups: [closed],
    port: 5433,
    defaultDatabaseName: databaseName,
    enableDataApi: true,
    iamAuthentication: true,
    storageEncrypted: true,
    // Kept, and replaced every week, by RDS itself.
    manageMasterUserPassword: true,
    credentials: Credentials.fromUsername('fastpath'),
    backup: { retention: Duration.days(7) },
    deletionProtection: settings.keepData,
    removalPolicy: settings.keepData ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY,
  });
}
