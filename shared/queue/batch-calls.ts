/** @file The calls of AWS Batch that its queue makes: apart from it, so that the SDK is loaded with the first of them. */
import {
  BatchClient,
  type BatchClientConfig,
  DescribeJobsCommand,
  type DescribeJobsCommandInput,
  ListJobsCommand,
  type ListJobsCommandInput,
  SubmitJobCommand,
  type SubmitJobCommandInput,
  TerminateJobCommand,
  type TerminateJobCommandInput,
} from '@aws-sdk/client-batch';

export function batchCalls(config: BatchClientConfig) {
  const client = new BatchClient(config);
  return {
    submit: (input: SubmitJobCommandInput) => client.send(new SubmitJobCommand(input)),
    describe: (input: DescribeJobsCommandInput) => client.send(new DescribeJobsCommand(input)),
    list: (input: ListJobsCommandInput) => client.send(new ListJobsCommand(input)),
    terminate: (input: TerminateJobCommandInput) => client.send(new TerminateJobCommand(input)),
  };
}

export type BatchCalls = ReturnType<typeof batchCalls>;
