/** @file What requests say that their bodies are, and JSON bodies. */
import { onnxType } from '../../shared/contract/onnx-query.ts';
import { FastpathError } from '../../shared/errors.ts';

/** Whether the body is an ONNX model, as it is. @throws FastpathError `request.content-type` where it is packed */
export function holdsOnnx(request: Request): boolean {
  const type = (request.headers.get('content-type') ?? '').replace(/ *;.*$/, '').toLowerCase();
  if (type === onnxType) checkEncoding(request);
  return type === onnxType;
}

/** The request, whose body says that it is JSON as it is. @throws FastpathError `request.content-type` */
export function jsonOnly(request: Request): Request {
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/json *(;|$)/i.test(type)) {
    const found = type === '' ? 'none' : type;
    throw new FastpathError('request.content-type', `the content type must be application/json, not ${found}`);
  }
  checkEncoding(request);
  return request;
}

function checkEncoding(request: Request): void {
  const encoding = request.headers.get('content-encoding');
  if (encoding === null || encoding === 'identity') return;
  throw new FastpathError('request.content-type', `the body must be sent as it is, not with encoding ${encoding}`);
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
