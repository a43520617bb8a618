/** @file A request as a Lambda function URL or an HTTP API hands it to a function (payload 2.0). */

export interface FunctionUrlRequest {
  /** with its query */
  path: string;
  method: string;
  headers: Record<string, string>;
  body?: string | Uint8Array;
  /** whether the body comes in base64, as bodies do that are no text */
  base64: boolean;
}

export function functionUrlEvent({ path, method, headers: sent, body, base64 }: FunctionUrlRequest) {
  const { cookie, ...headers } = sent;
  const [rawPath, rawQueryString = ''] = path.split('?');
  const bytes = body === undefined ? undefined : Buffer.from(body as Uint8Array);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    ...(cookie === undefined ? {} : { cookies: cookie.split('; ') }),
    headers: { ...headers, host: 'abc123.lambda-url.eu-central-1.on.aws', 'x-forwarded-proto': 'https' },
    requestContext: {
      accountId: 'anonymous',
      apiId: 'abc123',
      domainName: 'abc123.lambda-url.eu-central-1.on.aws',
      domainPrefix: 'abc123',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      requestId: '9a0e3f5c-0000-4000-8000-000000000000',
      routeKey: '$default',
      stage: '$default',
      time: '24/Nov/2026:12:00:00 +0000',
      timeEpoch: 1_795_521_600_000,
    },
    ...(bytes === undefined ? {} : { body: bytes.toString(base64 ? 'base64' : 'utf8') }),
    isBase64Encoded: base64 && bytes !== undefined,
  };
}
