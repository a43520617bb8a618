/**
 * @file Which IP addresses are on the public internet, by IANA's special-purpose registries. What a webhook reaches from
 * here, its owner may not be able to reach: our own machines, our network, the cloud's metadata service.
 */
import { BlockList, isIP } from 'node:net';

const closed4 = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carriers' shared space, and a cloud's metadata service
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local, and most clouds' metadata services
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
  '168.63.129.16/32', // a cloud's host, though in public space
];

/** Of the one block from which global addresses are given out; all outside of it is closed. */
const global6 = '2000::/3';
const closed6 = [
  '2001::/23', // protocol assignments, Teredo among them: it embeds IPv4 addresses
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4: embeds IPv4 addresses
  '3fff::/20', // documentation
];

/** Made with the first look-up: only webhooks need them, and it takes milliseconds. */
let lists: { closed: BlockList; open6: BlockList } | undefined;

/** @param address an IPv4 or IPv6 address as text; anything else is not public */
export function isPublicAddress(address: string): boolean {
  lists ??= { closed: listOf([...closed4, ...closed6]), open6: listOf([global6]) };
  const { closed, open6 } = lists;
  switch (isIP(address)) {
    case 4:
      return !closed.check(address, 'ipv4');
    case 6:
      // IPv4-mapped, NAT64, unique-local, link-local, multicast and loopback addresses all lie outside.
      return open6.check(address, 'ipv6') && !closed.check(address, 'ipv6');
    default:
      return false;
  }
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address, bits] = range.split('/') as [string, string];
    list.addSubnet(address, Number(bits), isIP(address) === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}
