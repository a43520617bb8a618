/** @file Which addresses a webhook may have. */
import { describe, expect, it } from 'vitest';
import { isPublicAddress } from './public-address.ts';
import { publicNetwork, targetOf } from './target.ts';

describe('addresses', () => {
  it('are public or not as the registries of special addresses have it', () => {
    const closed = [
      ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '100.100.100.200', '127.0.0.1', '127.255.255.255', '169.254.169.254'],
      ...['172.16.0.1', '172.31.255.255', '192.0.0.170', '192.0.2.1', '192.168.1.1', '198.18.0.1', '198.19.255.255'],
      ...['198.51.100.7', '203.0.113.9', '224.0.0.1', '239.1.1.1', '240.0.0.1', '255.255.255.255', '168.63.129.16'],
      ...[
        '::',
        '::1',
        '::ffff:127.0.0.1',
        '::ffff:8.8.8.8',
        '::127.0.0.1',
        '64:ff9b::7f00:1',
        'fc00::1',
        'fd00:ec2::254',
      ],
      ...[
        'fe80::1',
        'fe80::1%eth0',
        'fec0::1',
        'ff02::1',
        '2001:db8::1',
        '2001::1',
        '2002:7f00:1::',
        '100::1',
        '3fff::1',
      ],
      ...['', 'localhost', '1.2.3', '8.8.8.8.8'],
    ];
    expect(closed.filter(isPublicAddress)).toEqual([]);
    const open = [
      '8.8.8.8',
      '1.1.1.1',
      '172.15.255.255',
      '172.32.0.1',
      '192.167.1.1',
      '169.253.1.1',
      '223.255.255.255',
    ];
    const open6 = ['2606:4700:4700::1111', '2a00:1450:4001::200e', '2001:4860:4860::8888'];
    expect([...open, ...open6].filter((address) => !isPublicAddress(address))).toEqual([]);
  });

  it('are refused with another scheme, with a password, and without a host', async () => {
    for (const url of ['ftp://8.8.8.8/', 'http://user:pass@8.8.8.8/', 'http://', 'nothing']) {
      await expect(targetOf(url, publicNetwork), url).rejects.toMatchObject({ code: 'webhook.url' });
    }
    expect((await targetOf('https://8.8.8.8/x', publicNetwork)).address).toBe('8.8.8.8');
  });

  it('are refused where one of several a name leads to is not public', async () => {
    const network = { ...publicNetwork, resolve: async () => ['8.8.8.8', '10.0.0.1'] };
    await expect(targetOf('https://mixed.example/', network)).rejects.toThrow(/mixed\.example is 10\.0\.0\.1/);
    const nowhere = { ...publicNetwork, resolve: () => Promise.reject(new Error('ENOTFOUND')) };
    await expect(targetOf('https://x.example/', nowhere)).rejects.toMatchObject({ code: 'webhook.unresolved' });
    await expect(targetOf('http://localhost/', publicNetwork)).rejects.toMatchObject({ code: 'webhook.url' });
  });
});
