/** @file `/app/measure`: the page that measures the device it is open on, and what it loads. Needs nobody signed in. */
import { Hono } from 'hono';
import { asset } from '../assets.ts';
import type { WebContext, WebEnv } from '../context.ts';
import { page } from '../page.tsx';
import { library, pageFiles, runtimeFolder, script, worker } from './files.ts';

const allow = { 'script-src': ["'wasm-unsafe-eval'"] };

export function measureRoutes() {
  return new Hono<WebEnv>()
    .get('/measure', (c) => {
      isolate(c);
      return page(c, { title: 'Measure this device', allow }, <MeasurePage />);
    })
    .get('/measure/:file{.+}', async (c) => {
      const file = pageFiles.find(({ address }) => address === c.req.path);
      if (file === undefined) return c.notFound();
      isolate(c);
      c.set('allowed', allow);
      return c.body(await file.read(), 200, {
        'content-type': file.type,
        'content-encoding': 'gzip',
        'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
      });
    });
}

/** Alone with what it loads, a page has a finer clock (https://web.dev/articles/coop-coep). */
function isolate(c: WebContext): void {
  c.header('cross-origin-embedder-policy', 'require-corp');
}

/** Its script shows one part at a time, and writes into the elements that have ids. */
function MeasurePage() {
  return (
    <div class="narrow">
      <link rel="stylesheet" href={asset('measure.css')} />
      <script type="module" src={script} />
      <p>
        Times a dozen parts and ten whole networks in this browser, so that Fastpath knows how long networks take on
        this device. It takes a minute or two and downloads up to 7 MB; nothing is installed.
      </p>
      <noscript>
        <p class="trouble">This page measures with JavaScript, which is switched off here.</p>
      </noscript>
      <p id="problem" class="trouble" role="alert" hidden />
      <p id="say" role="status" />
      <form id="start" data-library={library} data-worker={worker} data-runtime-folder={runtimeFolder} hidden>
        <p>
          <label for="device">Name of this device</label>
          <input id="device" type="text" required maxlength={80} autocomplete="off" />
        </p>
        <fieldset id="backends" hidden>
          <legend>What runs the networks</legend>
          <label class="inline">
            <input id="webgpu" type="radio" name="backend" value="webgpu" /> WebGPU, on the graphics processor
          </label>
          <label class="inline">
            <input type="radio" name="backend" value="wasm" checked /> WebAssembly, on one processor core
          </label>
        </fieldset>
        <button type="submit">Measure this device</button>
      </form>
      <section id="running" aria-label="Progress" hidden>
        <progress id="progress" max={1} aria-label="Measured so far" />
        <dl class="facts">
          <div>
            <dt>Done</dt>
            <dd id="done">–</dd>
          </div>
          <div>
            <dt>Time left</dt>
            <dd id="left">–</dd>
          </div>
          <div>
            <dt>Steady</dt>
            <dd id="steady">not known yet</dd>
          </div>
        </dl>
        <p id="hot" class="trouble" role="status" hidden />
      </section>
      <section id="result" aria-labelledby="hardware-name" hidden>
        <h2 id="hardware-name">This device</h2>
        <p>
          Known as <code id="hardware-id" />. <span id="learnt" />
        </p>
        <figure>
          <figcaption>Line and dot are predicted (90 % interval), the ring is measured</figcaption>
          <div id="chart" />
        </figure>
        <section class="table" tabindex={0} aria-label="Networks that were timed">
          <table>
            <caption>The networks that were timed, fastest first</caption>
            <thead>
              <tr>
                {['Multiply-adds', 'Measured', 'Predicted', 'Interval'].map((head) => (
                  <th scope="col">{head}</th>
                ))}
              </tr>
            </thead>
            <tbody id="rows" />
          </table>
        </section>
      </section>
    </div>
  );
}
