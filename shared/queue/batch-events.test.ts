import { expect, it } from 'vitest';
import { jobEventOf } from './batch-events.ts';

/** After the example in the Batch user guide, with the fields of a failed second attempt. */
const event = {
  version: '0',
  id: 'c8f9c4b5-76e5-d76a-f980-7011e206042b',
  'detail-type': 'Batch Job State Change',
  source: 'aws.batch',
  account: '123456789012',
  time: '2022-01-11T23:36:40Z',
  region: 'us-east-1',
  resources: ['arn:aws:batch:us-east-1:123456789012:job/4c7599ae-0a82-49aa-ba5a-4727fcce14a8'],
  detail: {
    jobArn: 'arn:aws:batch:us-east-1:123456789012:job/4c7599ae-0a82-49aa-ba5a-4727fcce14a8',
    jobName: 'event-test',
    jobId: '4c7599ae-0a82-49aa-ba5a-4727fcce14a8',
    jobQueue: 'arn:aws:batch:us-east-1:123456789012:job-queue/PexjEHappyPathCanary2JobQueue',
    status: 'RUNNING',
    attempts: [
      {
        container: { exitCode: 137, logStreamName: 'worker/default/1', networkInterfaces: [] },
        startedAt: 1641944200058,
        stoppedAt: 1641944260058,
        statusReason: 'Host EC2 (instance i-0123456789abcdef0) terminated.',
      },
    ],
    createdAt: 1641944100058,
    startedAt: 1641944300058,
    retryStrategy: { attempts: 2, evaluateOnExit: [] },
    dependsOn: [],
    jobDefinition: 'arn:aws:batch:us-east-1:123456789012:job-definition/first-run-job-definition:1',
    parameters: {},
    container: { image: 'busybox', logStreamName: 'worker/default/2', environment: [] },
    tags: {},
    platformCapabilities: [],
  },
};

it('tells the job as the port describes it, the running attempt last', () => {
  const id = '4c7599ae-0a82-49aa-ba5a-4727fcce14a8';
  expect(jobEventOf(event)).toEqual({
    id: 'c8f9c4b5-76e5-d76a-f980-7011e206042b',
    at: new Date('2022-01-11T23:36:40Z'),
    job: {
      id,
      name: 'event-test',
      status: 'running',
      reason: null,
      createdAt: new Date(1641944100058),
      attempts: [
        {
          startedAt: new Date(1641944200058),
          stoppedAt: new Date(1641944260058),
          exitCode: 137,
          reason: 'Host EC2 (instance i-0123456789abcdef0) terminated.',
          log: 'worker/default/1',
        },
        { startedAt: new Date(1641944300058), stoppedAt: null, exitCode: null, reason: null, log: 'worker/default/2' },
      ],
    },
  });
});

it('tells arrays: a parent by its size, a child by its index and parent', () => {
  const parent = { ...event, detail: { ...event.detail, status: 'PENDING', arrayProperties: { size: 3 } } };
  expect(jobEventOf(parent).job).toMatchObject({ status: 'pending', arraySize: 3 });
  const child = { ...event.detail, jobId: 'abc:2', arrayProperties: { index: 2 } };
  expect(jobEventOf({ ...event, detail: child }).job).toMatchObject({ id: 'abc:2', arrayIndex: 2, parent: 'abc' });
});

it('refuses what is no such event with one line', () => {
  const wrong = [
    null,
    'text',
    {},
    { ...event, source: 'aws.ecs' },
    { ...event, 'detail-type': 'Batch Job Queue Blocked' },
    { ...event, time: 'yesterday' },
    { ...event, detail: { ...event.detail, status: 'SLEEPING' } },
    { ...event, detail: { ...event.detail, createdAt: '1641944100058' } },
    { ...event, detail: { ...event.detail, attempts: [{ startedAt: 'now' }] } },
  ];
  for (const value of wrong) {
    expect(() => jobEventOf(value)).toThrow(expect.objectContaining({ code: 'queue.event' }));
    expect(() => jobEventOf(value)).toThrow(/^[^\n]+$/);
  }
});
