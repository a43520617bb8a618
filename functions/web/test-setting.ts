/** @file The dashboard over the same things that the API's tests run against, and a browser of a signed-in tenant. */
import { type ApiSetting, type KeyName, openApi } from '../api/test-setting.ts';
import { webApp } from './app.ts';

export interface WebSetting extends ApiSetting {
  web: ReturnType<typeof webApp>;
  /** What a browser of the key's owner gets. */
  visit(path: string, visit?: Visit): Promise<Seen>;
}

export interface Visit {
  /** whose browser; admin where absent, null: nobody is signed in */
  key?: KeyName | null;
  /** fields of a form that is sent; pairs where one is there several times */
  form?: Record<string, string> | [string, string][];
  headers?: Readonly<Record<string, string>>;
}

export interface Seen {
  status: number;
  headers: Headers;
  text: string;
}

export async function openWeb(): Promise<WebSetting> {
  const setting = await openApi();
  const web = webApp(setting.dependencies);
  const cookies = new Map<KeyName, string>();
  const visit = async (path: string, { key = 'admin', form, headers = {} }: Visit = {}): Promise<Seen> => {
    if (key !== null && !cookies.has(key)) cookies.set(key, await signIn(web, setting.keys[key]));
    const response = await web.request(path, {
      method: form === undefined ? 'GET' : 'POST',
      ...(form === undefined ? {} : { body: new URLSearchParams(form).toString() }),
      headers: {
        ...(key === null ? {} : { cookie: cookies.get(key)! }),
        ...(form === undefined ? {} : formHeaders),
        ...headers,
      },
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return { ...setting, web, visit };
}

export const formHeaders = {
  'content-type': 'application/x-www-form-urlencoded',
  'sec-fetch-site': 'same-origin',
} as const;

/** The cookie of a new session. */
export async function signIn(web: WebSetting['web'], key: string): Promise<string> {
  const body = new URLSearchParams({ key }).toString();
  const response = await web.request('/app/sign-in', { method: 'POST', body, headers: formHeaders });
  const cookie = response.headers.get('set-cookie');
  if (response.status !== 303 || cookie === null) throw new Error(`not signed in: ${response.status}`);
  return cookie.split(';')[0]!;
}
