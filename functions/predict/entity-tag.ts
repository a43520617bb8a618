/** @file Entity tags of HTTP, as RFC 9110 compares them. */

/** Whether an If-None-Match header names `etag`; weak tags count, as RFC 9110 has it for this header. */
export function namesTag(header: string, etag: string): boolean {
  return header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}
