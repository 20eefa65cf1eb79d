// Opens a page in headless Chromium, scrolls through it, and prints as JSON what happened.
//   node open_page.mjs CHROMIUM PROFILE PAGE.html|http://... WIDTH HEIGHT light|dark [SCREENSHOT.png] [EXPRESSION]
// EXPRESSION is evaluated when the page is there; what it (or its promise) gives is printed as "value".
// PROFILE is a folder for the browser's own files, to be removed afterwards.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [chromium, profile, page, width, height, scheme, screenshot, expression] = process.argv.slice(2);
const browser = spawn(chromium, ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
  '--remote-debugging-pipe', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-extensions', '--hide-scrollbars', `--user-data-dir=${profile}`],
{ stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });

const waiting = new Map();
const found = { errors: [], requests: [] };
let session;
let rest = '';
let loaded;
const load = new Promise(done => { loaded = done; });
let lastId = 0;

function send(method, params = {}) {
  const id = ++lastId;
  browser.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId: session })}\0`);
  return new Promise((done, fail) => waiting.set(id, { done, fail }));
}

function notice({ method, params }) {
  if (method === 'Page.loadEventFired') loaded();
  if (method === 'Runtime.exceptionThrown') {
    const details = params.exceptionDetails;
    found.errors.push(details.exception?.description ?? details.text);
  }
  if (method === 'Runtime.consoleAPICalled' && ['error', 'warning', 'assert'].includes(params.type)) {
    found.errors.push(`console.${params.type}: ${params.args.map(one => one.value ?? one.description).join(' ')}`);
  }
  if (method === 'Log.entryAdded' && params.entry.level !== 'info') found.errors.push(params.entry.text);
  if (method === 'Network.requestWillBeSent') found.requests.push(params.request.url.slice(0, 200));
}

browser.stdio[4].on('data', data => {
  const messages = (rest + data.toString('utf8')).split('\0');
  rest = messages.pop();
  for (const message of messages.map(text => JSON.parse(text))) {
    const answer = waiting.get(message.id);
    if (!answer) notice(message);
    else if (message.error) answer.fail(new Error(message.error.message));
    else answer.done(message.result);
  }
});

async function evaluate(expression) {
  const { result } = await send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
  return result.value;
}

// Goes down screen by screen until every plot is drawn, or 20 s are over.
const walk = `(async () => {
  const figures = [...document.querySelectorAll('figure.graph')];
  const until = Date.now() + 20000;
  for (const figure of figures) {
    figure.scrollIntoView();
    while (!figure.dataset.drawn && figure.querySelector('script') && Date.now() < until) {
      await new Promise(done => setTimeout(done, 20));
    }
  }
  scrollTo(0, 0);
  return { plots: figures.length, drawn: figures.filter(figure => figure.dataset.drawn).length,
    canvases: document.querySelectorAll('figure.graph .canvas svg').length,
    pageWidth: document.documentElement.scrollWidth, screenWidth: innerWidth };
})()`;

async function main() {
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  session = (await send('Target.attachToTarget', { targetId, flatten: true })).sessionId;
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await send(`${domain}.enable`);
  await send('Emulation.setDeviceMetricsOverride',
    { width: Number(width), height: Number(height), deviceScaleFactor: 1, mobile: Number(width) < 600 });
  await send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
  const url = page.startsWith('http') ? page : pathToFileURL(resolve(page)).href;
  await send('Page.navigate', { url });
  await load;
  const state = await evaluate(walk);
  const value = expression && await evaluate(expression);
  if (screenshot) {
    const { data } = await send('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true });
    writeFileSync(screenshot, Buffer.from(data, 'base64'));
  }
  const requests = found.requests.filter(one => one !== url && !one.startsWith('data:') && !one.startsWith('blob:'));
  console.log(JSON.stringify({ ...state, value, errors: found.errors, requests }));
}

const limit = setTimeout(() => { browser.kill(); process.exit(3); }, 60000);
try {
  await main();
} finally {
  clearTimeout(limit);
  browser.kill();
}
