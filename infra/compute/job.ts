/** @file What a job runs: the worker in its container, with no role, no rights and nothing it could write on. */
import { join } from 'node:path';
import { Duration, IgnoreMode, Size } from 'aws-cdk-lib';
import {
  Action,
  EcsEc2ContainerDefinition,
  EcsJobDefinition,
  LinuxParameters,
  Reason,
  TmpfsMountOption,
} from 'aws-cdk-lib/aws-batch';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage, LogDriver } from 'aws-cdk-lib/aws-ecs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { mostAttempts } from '../../shared/queue/job-queue.ts';
import type { Settings } from '../config/settings.ts';
import { logGroup } from '../log-group.ts';

/** The user of batch/Dockerfile. */
const user = '10001:10001';
/** A reclaimed machine warns two minutes ahead, and the worker then saves: this is for one that just dies. */
const checkpointEveryMs = 300_000;

export interface JobPlaces {
  store: Bucket;
  checkpoints: Bucket;
  /** the credential function's */
  credentialsUrl: string;
}

export function jobDefinition(scope: Construct, places: JobPlaces, settings: Settings): EcsJobDefinition {
  const linuxParameters = new LinuxParameters(scope, 'JobLinux');
  linuxParameters.addTmpfs({
    containerPath: '/tmp',
    size: Size.mebibytes(1024),
    mountOptions: [TmpfsMountOption.NOEXEC, TmpfsMountOption.NOSUID, TmpfsMountOption.NODEV],
  });
  const container = new EcsEc2ContainerDefinition(scope, 'Worker', {
    image: ContainerImage.fromAsset(join(import.meta.dirname, '../..'), {
      file: 'batch/Dockerfile',
      platform: Platform.LINUX_AMD64,
      ignoreMode: IgnoreMode.DOCKER,
    }),
    cpu: settings.jobVcpus,
    memory: Size.mebibytes(settings.jobMemoryMib),
    gpu: 1,
    user,
    privileged: false,
    readonlyRootFilesystem: true,
    linuxParameters,
    environment: {
      FASTPATH_CREDENTIALS_URL: places.credentialsUrl,
      FASTPATH_CHECKPOINTS: `s3://${places.checkpoints.bucketName}`,
      FASTPATH_CHECKPOINT_MS: String(checkpointEveryMs),
      FASTPATH_REQUIRE_GPU: '1',
    },
    logging: LogDriver.awsLogs({ streamPrefix: 'search', logGroup: logGroup(scope, 'JobLog', settings) }),
  });
  return new EcsJobDefinition(scope, 'Job', {
    container,
    // What every submission says anew (shared/queue); here for jobs that somebody starts by hand.
    retryAttempts: mostAttempts,
    retryStrategies: [
      { action: Action.RETRY, on: Reason.SPOT_INSTANCE_RECLAIMED },
      { action: Action.EXIT, on: Reason.custom({ onReason: '*' }) },
    ],
    timeout: Duration.days(7),
    schedulingPriority: 0,
    propagateTags: true,
  });
}
