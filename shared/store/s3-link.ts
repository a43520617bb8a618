/** @file Presigned addresses of S3 objects. */
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { attachment } from './links.ts';
import type { Link, LinkRequest } from './object-store.ts';

/** The size of an upload is signed, so S3 refuses a body of any other (5 GB at most in one request). */
export async function s3Link(
  client: S3Client,
  target: { Bucket: string; Key: string },
  request: LinkRequest,
): Promise<Link> {
  const signingDate = new Date();
  const expiresAt = new Date(signingDate.getTime() + 1000 * request.expiresInSeconds);
  const options = { signingDate, expiresIn: request.expiresInSeconds };
  if (request.method === 'GET') {
    const ResponseContentDisposition = attachment(request.fileName);
    const command = new GetObjectCommand({
      ...target,
      ResponseContentDisposition,
      ResponseContentType: 'application/octet-stream',
    });
    return { url: await getSignedUrl(client, command, options), expiresAt };
  }
  const command = new PutObjectCommand({ ...target, ContentLength: request.sizeBytes });
  const url = await getSignedUrl(client, command, { ...options, signableHeaders: new Set(['content-length']) });
  return { url, expiresAt };
}
