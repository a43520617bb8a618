/**
 * @file How webhooks are signed. The header `Fastpath-Signature: t=SECONDS,v1=HEX` holds the time of sending and the
 * HMAC-SHA256, under the webhook's secret, of `SECONDS.BODY`: who has the secret knows that the body is ours and new.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export const signatureHeader = 'fastpath-signature';
/** An older message is a repetition by someone who listened, or comes from a clock that is wrong. */
const toleranceSeconds = 300;

/** The value of the header for a body sent `now`. */
export function signWebhook(secret: string, body: string, now: Date): string {
  const seconds = Math.floor(now.getTime() / 1000);
  return `t=${seconds},v1=${hmac(secret, seconds, body).toString('hex')}`;
}

/** Whether the header was made with the secret for exactly this body within the last five minutes. */
export function verifyWebhook(secret: string, header: string, body: string, now: Date): boolean {
  const [, time, hex] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header) ?? [];
  if (time === undefined || hex === undefined) return false;
  const seconds = Number(time);
  if (Math.abs(now.getTime() / 1000 - seconds) > toleranceSeconds) return false;
  return timingSafeEqual(hmac(secret, seconds, body), Buffer.from(hex, 'hex'));
}

function hmac(secret: string, seconds: number, body: string): Buffer {
  return createHmac('sha256', secret).update(`${seconds}.${body}`).digest();
}
