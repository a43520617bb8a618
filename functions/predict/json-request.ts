/** @file JSON bodies of requests. */
import { FastpathError } from '../../shared/errors.ts';

/** The request, whose body says that it is JSON as it is. @throws FastpathError `request.content-type` */
export function jsonOnly(request: Request): Request {
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/json *(;|$)/i.test(type)) {
    const found = type === '' ? 'none' : type;
    throw new FastpathError('request.content-type', `the content type must be application/json, not ${found}`);
  }
  const encoding = request.headers.get('content-encoding');
  if (encoding !== null && encoding !== 'identity') {
    throw new FastpathError('request.content-type', `the body must be sent as it is, not with encoding ${encoding}`);
  }
  return request;
}

/** @throws FastpathError `request.malformed-json` with the parser's reason */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause);
    throw new FastpathError('request.malformed-json', `the body is not JSON: ${reason}`, { cause });
  }
}
