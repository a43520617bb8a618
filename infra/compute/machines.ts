/** @file Machines with GPUs, which come and go with the jobs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { AllocationStrategy, EcsMachineImageType, ManagedEc2EcsComputeEnvironment } from 'aws-cdk-lib/aws-batch';
import {
  BlockDeviceVolume,
  EbsDeviceVolumeType,
  InstanceType,
  type IVpc,
  LaunchTemplate,
  LaunchTemplateHttpTokens,
  MultipartBody,
  MultipartUserData,
  SecurityGroup,
  SubnetType,
  UserData,
} from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { Settings } from '../config/settings.ts';

/** The container's image with TensorFlow's and NVIDIA's libraries takes a quarter of it. */
const diskGib = 60;

export interface Machines {
  spot: ManagedEc2EcsComputeEnvironment;
  onDemand: ManagedEc2EcsComputeEnvironment;
}

export function machines(scope: Construct, vpc: IVpc, settings: Settings): Machines {
  const securityGroup = new SecurityGroup(scope, 'MachinesClosed', { vpc, description: 'Lets nothing in' });
  const common = {
    vpc,
    vpcSubnets: { subnetType: SubnetType.PUBLIC },
    securityGroups: [securityGroup],
    launchTemplate: launchTemplate(scope),
    instanceTypes: settings.instanceTypes.map((type) => new InstanceType(type)),
    useOptimalInstanceClasses: false,
    images: [{ imageType: EcsMachineImageType.ECS_AL2023_NVIDIA }],
    minvCpus: 0,
    maxvCpus: settings.maxVcpus,
    updateToLatestImageVersion: true,
    terminateOnUpdate: false,
    updateTimeout: Duration.hours(12),
  };
  return {
    spot: new ManagedEc2EcsComputeEnvironment(scope, 'Spot', {
      ...common,
      spot: true,
      allocationStrategy: AllocationStrategy.SPOT_PRICE_CAPACITY_OPTIMIZED,
    }),
    onDemand: new ManagedEc2EcsComputeEnvironment(scope, 'OnDemand', {
      ...common,
      allocationStrategy: AllocationStrategy.BEST_FIT_PROGRESSIVE,
    }),
  };
}

function launchTemplate(scope: Construct): LaunchTemplate {
  const script = readFileSync(join(import.meta.dirname, 'block-metadata.sh'), 'utf8');
  const userData = new MultipartUserData();
  // Unlike a script, which runs at the first boot only.
  userData.addPart(MultipartBody.fromUserData(UserData.custom(script), 'text/cloud-boothook; charset="us-ascii"'));
  return new LaunchTemplate(scope, 'Machine', {
    userData,
    httpTokens: LaunchTemplateHttpTokens.REQUIRED,
    // An answer does not reach a container behind a bridge.
    httpPutResponseHopLimit: 1,
    blockDevices: [
      {
        deviceName: '/dev/xvda',
        volume: BlockDeviceVolume.ebs(diskGib, { encrypted: true, volumeType: EbsDeviceVolumeType.GP3 }),
      },
    ],
  });
}
