/** @file `/app/devices`: a tenant's own hardware, and links that let a device measure itself. */
import { Hono } from 'hono';
import { raw } from 'hono/html';
import { renderSVG } from 'uqr';
import type { ListedHardware } from '../../../shared/contract/api/hardware.ts';
import { listHardware } from '../../service/hardware/list-hardware.ts';
import { createSession } from '../../service/hardware/sessions/create-session.ts';
import { asset } from '../assets.ts';
import { callerOf, type WebEnv } from '../context.ts';
import { link } from '../links.ts';
import { page } from '../page.tsx';
import { publicOrigin } from '../public-origin.ts';
import { needs } from '../sign-in/signed-in.ts';

export function deviceRoutes() {
  return new Hono<WebEnv>()
    .use('/devices/*', needs('search'))
    .get('/devices', async (c) => {
      const hardware = await listHardware(c.get('dependencies'), callerOf(c).tenantId);
      const own = hardware.filter(({ scope }) => scope === 'own');
      return page(
        c,
        { title: 'Your devices' },
        <>
          <NewLink />
          <OwnHardware own={own} />
        </>,
      );
    })
    .post('/devices/link', async (c) => {
      const { code } = await createSession(c.get('dependencies'), callerOf(c).tenantId);
      // Behind the `#` it is in no log, and no server but this one ever sees it.
      const address = `${publicOrigin(c)}${link('/measure')}#${code}`;
      return page(c, { title: 'Measure a device' }, <MeasuringLink address={address} />);
    });
}

function NewLink() {
  return (
    <form method="post" action={link('/devices/link')} class="narrow">
      <p>Any phone or computer with a browser measures itself in a minute or two. It needs a link, and no API key.</p>
      <p>
        <button type="submit">Measure a device</button>
      </p>
    </form>
  );
}

function OwnHardware({ own }: { own: readonly ListedHardware[] }) {
  if (own.length === 0) return <p class="soft">There are no devices of your own yet.</p>;
  return (
    <section class="table" tabindex={0} aria-label="Your devices">
      <table>
        <thead>
          <tr>
            {['Device', 'Id', 'Runs networks with', 'Latency'].map((head) => (
              <th scope="col">{head}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {own.map(({ id, name, runtime, modelVersion }) => (
            <tr>
              <th scope="row">{name}</th>
              <td>
                <code>{id}</code>
              </td>
              <td>{runtime}</td>
              <td>{modelVersion === null ? 'not known yet' : 'known'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const loopback = /^(localhost|127\.[\d.]+|\[::1\])$/;

/** To be scanned, clicked or copied. */
function MeasuringLink({ address }: { address: string }) {
  const { hostname, protocol } = new URL(address);
  return (
    <div class="narrow">
      <link rel="stylesheet" href={asset('measure.css')} />
      <p>Open this on the device within 15 minutes. It works once.</p>
      <p class="measuring-link">
        <a href={address}>{address}</a>
      </p>
      <div class="qr" role="img" aria-label="QR code of the link">
        {raw(renderSVG(address, { ecc: 'M', border: 4 }))}
      </div>
      {loopback.test(hostname) ? (
        <p class="hint">
          {hostname} is this machine itself. For another device start <code>fastpath serve --host 0.0.0.0</code> and
          open this page at the address that this machine has in your network.
        </p>
      ) : protocol === 'http:' ? (
        <p class="hint">Browsers give WebGPU, and keep the screen on, only for pages that come over https.</p>
      ) : null}
      <p>
        <a href={link('/devices')}>To your devices</a>
      </p>
    </div>
  );
}
