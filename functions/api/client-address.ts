/** @file From where a request came, for limits of those who show no key. */

/** @param env what the runtime hands over beside the request */
export type ClientAddress = (request: Request, env: unknown) => string;

/**
 * The address that the nearest proxy saw, which it has added to X-Forwarded-For; what stands before it anyone can write.
 * @param proxy its own address, which some add behind the client's
 */
export function forwardedFor({ headers }: Request, proxy: string): string {
  const seen = (headers.get('x-forwarded-for') ?? '').split(',').map((address) => address.trim());
  return seen.filter((address) => address !== '' && address !== proxy).at(-1) ?? proxy;
}
