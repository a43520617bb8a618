/** @file What lasts: network, buckets, database, secrets. */
import { RemovalPolicy } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  IpAddresses,
  type IVpc,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { DatabaseCluster } from 'aws-cdk-lib/aws-rds';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Settings } from '../config/settings.ts';
import { logGroup } from '../log-group.ts';
import { buckets } from './buckets.ts';
import { database } from './database.ts';

export class Data extends Construct {
  readonly vpc: IVpc;
  /** data sets, specs, progress, results, latency models, the mirror of keys */
  readonly store: Bucket;
  readonly checkpoints: Bucket;
  readonly database: DatabaseCluster;
  /** the admin's and the operator's first keys, written when the service is set up */
  readonly keys: Secret;
  /** what CloudFront shows to the functions behind it */
  readonly originSecret: Secret;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    const removalPolicy = settings.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    this.vpc = network(this, settings);
    const { store, checkpoints } = buckets(this, settings);
    this.store = store;
    this.checkpoints = checkpoints;
    this.database = database(this, this.vpc, settings);
    this.keys = new Secret(this, 'Keys', { description: 'First keys of Fastpath', removalPolicy });
    this.originSecret = new Secret(this, 'OriginSecret', {
      description: 'Shown by CloudFront to the functions behind it',
      generateSecretString: { excludePunctuation: true, passwordLength: 48 },
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}

/**
 * Machines reach S3 through a gateway and the rest through addresses of their own, which cost by the hour they run;
 * a NAT gateway would cost always. Nothing reaches them from outside: no security group lets anything in.
 */
function network(scope: Construct, settings: Settings): IVpc {
  const vpc = new Vpc(scope, 'Network', {
    ipAddresses: IpAddresses.cidr('10.42.0.0/16'),
    maxAzs: 2,
    natGateways: 0,
    restrictDefaultSecurityGroup: false,
    subnetConfiguration: [
      { name: 'machines', subnetType: SubnetType.PUBLIC, cidrMask: 20, mapPublicIpOnLaunch: true },
      { name: 'database', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
    ],
    gatewayEndpoints: { s3: { service: GatewayVpcEndpointAwsService.S3 } },
  });
  vpc.addFlowLog('Refused', {
    trafficType: FlowLogTrafficType.REJECT,
    destination: FlowLogDestination.toCloudWatchLogs(logGroup(scope, 'RefusedTraffic', settings)),
  });
  // CDK's own types do not fit each other under exactOptionalPropertyTypes.
  return vpc as IVpc;
}
