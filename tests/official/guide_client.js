// A Node client as Tencent's guides print it: node:crypto signs for the platform's host, the request goes
// to a server of our choice. Two slips of the print are mended: `\\n` in the strings that are signed (an
// `asPrinted` run keeps it), and fetch's body, which would be JSON text of JSON text.
// The argument: {address, secretId, secretKey, transport: node | axios | fetch, asPrinted, picture, film}.
const crypto = require("crypto");
const http = require("http");
const { until, download, tell } = require("./node/shared.js");

const SERVICE = "mps";
const MPS_HOST = `${SERVICE}.tencentcloudapi.com`;
const sha256 = (text) => crypto.createHash("sha256").update(text).digest("hex");
const hmac = (key, text) => crypto.createHmac("sha256", key).update(text).digest();

function signRequest(secretId, secretKey, action, payload, newline) {
  const timestamp = Math.floor(Date.now() / 1000);
  const date = new Date(timestamp * 1000).toISOString().split("T")[0];
  const signed = "content-type;host;x-tc-action";
  const headers = [
    "content-type:application/json",
    `host:${MPS_HOST}`,
    `x-tc-action:${action.toLowerCase()}`,
    "",
  ].join(newline);
  const canonical = ["POST", "/", "", headers, signed, sha256(payload)].join(newline);
  const scope = `${date}/${SERVICE}/tc3_request`;
  const toSign = ["TC3-HMAC-SHA256", timestamp, scope, sha256(canonical)].join(newline);
  const key = hmac(hmac(hmac(`TC3${secretKey}`, date), SERVICE), "tc3_request");
  const signature = crypto.createHmac("sha256", key).update(toSign).digest("hex");
  return {
    Authorization: `TC3-HMAC-SHA256 Credential=${secretId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
    "Content-Type": "application/json",
    Host: MPS_HOST,
    "X-TC-Action": action,
    "X-TC-Timestamp": String(timestamp),
    "X-TC-Version": "2019-06-12",
    "X-TC-Region": "ap-guangzhou",
  };
}

// Each takes (url, payload, headers) and returns the parsed answer. Node's fetch puts the real host in the
// place of the Host header; the other two send the platform's.
const TRANSPORTS = {
  node: (url, payload, headers) =>
    new Promise((resolve, reject) => {
      const request = http.request(url, { method: "POST", headers }, (response) => {
        let text = "";
        response.on("data", (chunk) => (text += chunk));
        response.on("end", () => resolve(JSON.parse(text)));
      });
      request.on("error", reject);
      request.end(payload);
    }),
  axios: async (url, payload, headers) => {
    const axios = require("axios");
    const resp = await axios.post(url, payload, { headers });
    return resp.data;
  },
  fetch: async (url, payload, headers) => {
    const resp = await fetch(url, { method: "POST", headers: headers, body: payload });
    return await resp.json();
  },
};

tell(async ({ address, secretId, secretKey, transport, asPrinted, picture, film }) => {
  async function callMpsApi(action, params) {
    const payload = JSON.stringify(params);
    const headers = signRequest(secretId, secretKey, action, payload, asPrinted ? "\\n" : "\n");
    return (await TRANSPORTS[transport](`http://${address}`, payload, headers)).Response;
  }

  // The answer that ends a task, or the one that refused it.
  async function make(kind, params) {
    const created = await callMpsApi(`Create${kind}Task`, params);
    if (!created.TaskId) return created;
    return until(
      () => callMpsApi(`Describe${kind}Task`, { TaskId: created.TaskId }),
      ({ Status }) => Status !== "WAIT" && Status !== "RUN",
    );
  }

  const still = await make("AigcImage", picture);
  if (!still.ImageUrls) return { still };
  const moving = await make("AigcVideo", { ...film, ImageUrl: still.ImageUrls[0] });
  return { still, moving, files: [await download(still.ImageUrls[0]), await download(moving.VideoUrls[0])] };
});
