/**
 * @file A part of a CloudFormation stack that a Lambda function makes: the stack waits for what the function writes to
 * the address in its event. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
 */
import { z } from 'zod';

const requestSchema = z.object({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  ResponseURL: z.url(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
});

/**
 * A Lambda handler. A failure fails the deployment, which CloudFormation then takes back; deleting does nothing.
 * @param make done at each creation and update; returns attributes of the resource
 */
export function customResource(make: () => Promise<Record<string, string>>): (event: unknown) => Promise<void> {
  return async (event) => {
    const { RequestType, ResponseURL, StackId, RequestId, LogicalResourceId } = requestSchema.parse(event);
    const answer = { StackId, RequestId, LogicalResourceId, PhysicalResourceId: LogicalResourceId };
    const outcome = await (RequestType === 'Delete' ? Promise.resolve({}) : make()).then(
      (Data) => ({ Status: 'SUCCESS', Data }),
      (error: unknown) => {
        console.error(error);
        return { Status: 'FAILED', Reason: error instanceof Error ? error.message : String(error) };
      },
    );
    const body = JSON.stringify({ ...answer, ...outcome });
    const reply = await fetch(ResponseURL, { method: 'PUT', headers: { 'content-type': '' }, body });
    if (!reply.ok) throw new Error(`CloudFormation answers ${reply.status}`);
  };
}
