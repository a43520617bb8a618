import { describe, expect, it } from 'vitest';
import { signWebhook, verifyWebhook } from './webhook-signature.ts';

describe('signatures', () => {
  it('are HMAC-SHA256 over time and body', () => {
    // printf '1.{}' | openssl dgst -sha256 -hmac secret
    const header = signWebhook('secret', '{}', new Date(1999));
    expect(header).toBe('t=1,v1=1122767b193110cfec322b6f199b599edbf608ed087f2d27afb0b97d99523908');
  });

  it('hold for their body, secret and five minutes', () => {
    const now = new Date(1_000_000_000);
    const header = signWebhook('secret', '{"a":1}', now);
    const later = (seconds: number) => new Date(now.getTime() + 1000 * seconds);
    expect(verifyWebhook('secret', header, '{"a":1}', later(299))).toBe(true);
    expect(verifyWebhook('secret', header, '{"a":1}', later(301))).toBe(false);
    expect(verifyWebhook('secret', header, '{"a":1}', later(-301))).toBe(false);
    expect(verifyWebhook('secret', header, '{"a":2}', now)).toBe(false);
    expect(verifyWebhook('other', header, '{"a":1}', now)).toBe(false);
    for (const bad of ['', 't=1', header.replace('t=1', 't=2'), `${header}0`, header.replace('v1', 'v0')]) {
      expect(verifyWebhook('secret', bad, '{"a":1}', now)).toBe(false);
    }
  });
});
