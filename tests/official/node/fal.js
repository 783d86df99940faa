// `@fal-ai/client`, led to our server by one of its two ways: `requestMiddleware`, or `proxyUrl` and a
// relay such as fal's users run in their own backend.
const http = require("http");
const { createFalClient } = require("@fal-ai/client");
const { until, download, refusal, tell } = require("./shared.js");

const ERROR = ["name", "status", "body", "requestId"];

// Where a URL of fal's is served here.
function ours(address, url) {
  const { hostname, pathname, search } = new URL(url);
  const prefix = { "queue.fal.run": "", "fal.run": "/run" }[hostname];
  if (prefix === undefined) throw new Error(`not for us: ${url}`);
  return `http://${address}${prefix}${pathname}${search}`;
}

// A relay: whatever is sent to it goes to the URL that its header names.
async function relay(address) {
  const server = http.createServer(async (asked, answer) => {
    const chunks = [];
    for await (const chunk of asked) chunks.push(chunk);
    const { host, connection, "content-length": _, "x-fal-target-url": target, ...headers } = asked.headers;
    const body = chunks.length ? Buffer.concat(chunks) : undefined;
    const reply = await fetch(ours(address, target), { method: asked.method, headers, body });
    answer.writeHead(reply.status, Object.fromEntries(reply.headers));
    for await (const chunk of reply.body ?? []) answer.write(chunk);
    answer.end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

tell(async ({ address, token, way, picture, film, stuck, refused }) => {
  const server = way === "proxyUrl" ? await relay(address) : undefined;
  const client = (credentials = token) =>
    createFalClient({
      credentials,
      suppressLocalCredentialsWarning: true,
      ...(server
        ? { proxyUrl: { url: `http://127.0.0.1:${server.address().port}/api/fal/proxy`, when: "always" } }
        : { requestMiddleware: async (request) => ({ ...request, url: ours(address, request.url) }) }),
    });
  const fal = client();
  const seen = [];

  const still = await fal.subscribe(picture.app, {
    input: picture.input,
    pollInterval: 50,
    logs: true,
    onQueueUpdate: ({ status }) => seen.push(status),
  });
  const [{ url }] = still.data.images;
  const moving = await fal.subscribe(film.app, {
    input: { ...film.input, image_url: url },
    mode: "streaming",
    onQueueUpdate: ({ status }) => seen.push(status),
  });
  const atOnce = await fal.run(picture.app, { input: picture.input });

  const { request_id: requestId } = await fal.queue.submit(stuck.app, { input: stuck.input });
  await fal.queue.cancel(stuck.app, { requestId });
  const cancelled = await until(
    () => fal.queue.status(stuck.app, { requestId }),
    ({ status }) => status === "COMPLETED",
  );
  const noResult = await refusal(() => fal.queue.result(stuck.app, { requestId }), ERROR);
  const again = await refusal(() => fal.queue.cancel(stuck.app, { requestId }), ERROR);

  const refusals = [];
  for (const { app, input } of refused)
    refusals.push(await refusal(() => fal.queue.submit(app, { input }), ERROR));
  const stranger = client("wrong");
  refusals.push(await refusal(() => stranger.queue.submit(picture.app, { input: picture.input }), ERROR));
  const files = [await download(url), await download(moving.data.video.url)];
  server?.close();
  server?.closeAllConnections?.();
  return { still, moving, atOnce, seen, cancelled, noResult, again, refusals, files };
});
