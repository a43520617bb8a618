/** @file The dashboard as a browser meets it: signs in, may upload, and gets all that the measuring page loads. */
import { stat } from 'node:fs/promises';
import { pageFiles } from '../../functions/web/device/files.ts';
import { FastpathError } from '../../shared/errors.ts';
import type { SmokeOptions } from './order.ts';

/** @throws FastpathError `smoke.page` where a page or file is not what it should be */
export async function visitPages({
  url,
  adminKey,
  say,
}: Pick<SmokeOptions, 'url' | 'adminKey' | 'say'>): Promise<void> {
  const send = (path: string, form: Record<string, string>, cookie = '') =>
    fetch(url + path, {
      method: 'POST',
      body: new URLSearchParams(form),
      headers: { origin: new URL(url).origin, cookie },
      redirect: 'manual',
    });
  const signedIn = await send('/app/sign-in', { key: adminKey });
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0];
  if (cookie === undefined)
    throw new FastpathError('smoke.page', `signing in answers ${signedIn.status}, not a session`);
  const page = await fetch(`${url}/app/data`, { headers: { cookie }, redirect: 'manual' });
  if (page.status !== 200) throw new FastpathError('smoke.page', `the page of data sets answers ${page.status}`);
  await mayUpload(page, new URL(url).origin);
  await send('/app/sign-out', {}, cookie);

  let total = 0;
  for (const { address, place } of pageFiles) {
    const bytes = (await (await fetch(url + address)).arrayBuffer()).byteLength;
    if (bytes !== (await stat(place())).size) {
      throw new FastpathError('smoke.page', `${address} has ${bytes} bytes, and is another file here`);
    }
    total += bytes;
  }
  say(`pages answer, and the measuring page gets its ${pageFiles.length} files of ${Math.round(total / 1e6)} MB`);
}

/** Where the page may send files to a store that is not the service itself, that has to agree. */
async function mayUpload(page: Response, origin: string): Promise<void> {
  const [, store] = /connect-src 'self' (\S+?);/.exec(page.headers.get('content-security-policy') ?? '') ?? [];
  if (store === undefined) return;
  const asked = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'content-type' };
  const answer = await fetch(`${store}/tenants/none`, { method: 'OPTIONS', headers: { origin, ...asked } });
  if (!answer.ok)
    throw new FastpathError('smoke.page', `${store} takes no files from pages of ${origin}: ${answer.status}`);
}
