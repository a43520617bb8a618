/** @file From a webhook's URL to the one address that will be connected to. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { FastpathError } from '../../../shared/errors.ts';
import { isPublicAddress } from './public-address.ts';

/** Where names lead and which addresses may be connected to. */
export interface Network {
  /** all addresses of a host name */
  resolve(host: string): Promise<string[]>;
  isAllowed(address: string): boolean;
}

export const publicNetwork: Network = {
  resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  isAllowed: isPublicAddress,
};

export interface Target {
  url: URL;
  address: string;
}

/**
 * Resolves a webhook's URL; the address is to be connected to as it is, since a name may lead elsewhere a moment later.
 * @throws FastpathError `webhook.url` where the URL or any address of its host is none we send to; `webhook.unresolved`
 * (retry) where the name leads nowhere now
 */
export async function targetOf(text: string, network: Network): Promise<Target> {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) throw refused('it is no http or https address');
  if (url.username !== '' || url.password !== '') throw refused('it holds a user name or password');
  // The URL parser has turned 0x7f.1, 2130706433 and the like into plain addresses.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host) === 0 ? await resolved(host, network) : [host];
  for (const address of addresses) {
    if (!network.isAllowed(address)) throw refused(`${host} is ${address}, which is not on the public internet`);
  }
  return { url, address: addresses[0]! };
}

async function resolved(host: string, network: Network): Promise<string[]> {
  const addresses = await network.resolve(host).catch((cause: unknown) => {
    throw new FastpathError('webhook.unresolved', `the host ${host} cannot be found: check the address`, {
      retry: true,
      cause,
    });
  });
  if (addresses.length > 0) return addresses;
  throw new FastpathError('webhook.unresolved', `the host ${host} has no address: check it`, { retry: true });
}

function refused(why: string): FastpathError {
  return new FastpathError('webhook.url', `this address cannot be a webhook, because ${why}: give a public one`);
}
