// A Node client as Tencent's guides print it: node:crypto signs for the platform's host, the request goes
// to a server of our choice with that Host header. Arguments: address, secret id, secret key, body.
const crypto = require("crypto");
const http = require("http");

const [, , address, secretId, secretKey, body] = process.argv;
const SERVICE = "mps";
const sha256 = (text) => crypto.createHash("sha256").update(text).digest("hex");
const hmac = (key, text) => crypto.createHmac("sha256", key).update(text).digest();

function signRequest(action, payload) {
  const timestamp = Math.floor(Date.now() / 1000);
  const date = new Date(timestamp * 1000).toISOString().split("T")[0];
  const host = `${SERVICE}.tencentcloudapi.com`;
  const signed = "content-type;host;x-tc-action";
  const headers = `content-type:application/json\nhost:${host}\nx-tc-action:${action.toLowerCase()}\n`;
  const canonical = `POST\n/\n\n${headers}\n${signed}\n${sha256(payload)}`;
  const scope = `${date}/${SERVICE}/tc3_request`;
  const toSign = `TC3-HMAC-SHA256\n${timestamp}\n${scope}\n${sha256(canonical)}`;
  const key = hmac(hmac(hmac(`TC3${secretKey}`, date), SERVICE), "tc3_request");
  const signature = crypto.createHmac("sha256", key).update(toSign).digest("hex");
  return {
    Authorization: `TC3-HMAC-SHA256 Credential=${secretId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
    "Content-Type": "application/json",
    Host: host,
    "X-TC-Action": action,
    "X-TC-Timestamp": String(timestamp),
    "X-TC-Version": "2019-06-12",
    "X-TC-Region": "ap-guangzhou",
  };
}

function call(action, params) {
  const payload = JSON.stringify(params);
  const [hostname, port] = address.split(":");
  const options = { hostname, port, method: "POST", path: "/", headers: signRequest(action, payload) };
  return new Promise((resolve, reject) => {
    const request = http.request(options, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve(JSON.parse(text).Response));
    });
    request.on("error", reject);
    request.end(payload);
  });
}

async function main() {
  const created = await call("CreateAigcImageTask", JSON.parse(body));
  if (!created.TaskId) return created;
  for (let n = 0; n < 600; n++) {
    const answer = await call("DescribeAigcImageTask", { TaskId: created.TaskId });
    if (answer.Status === "DONE" || answer.Status === "FAIL") return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("never done");
}

main().then((answer) => console.log(JSON.stringify(answer)));
