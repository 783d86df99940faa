// `tencentcloud-sdk-nodejs-mps`: a picture, a film from it, refusals, and every signature by every method.
const { mps } = require("tencentcloud-sdk-nodejs-mps");
const { until, download, refusal, tell } = require("./shared.js");

const ERROR = ["code", "message", "requestId"];

tell(async ({ address, secretId, secretKey, picture, film, refused, ways }) => {
  const client = (key = secretKey, fields = {}, http = {}) =>
    new mps.v20190612.Client({
      credential: { secretId, secretKey: key },
      region: "ap-guangzhou",
      profile: { ...fields, httpProfile: { endpoint: address, protocol: "http://", ...http } },
    });
  const ended = ({ Status }) => Status === "DONE" || Status === "FAIL";
  const ours = client();

  let { TaskId } = await ours.CreateAigcImageTask(picture);
  const still = await until(() => ours.DescribeAigcImageTask({ TaskId }), ended);
  ({ TaskId } = await ours.CreateAigcVideoTask({ ...film, ImageUrl: still.ImageUrls[0] }));
  const moving = await until(() => ours.DescribeAigcVideoTask({ TaskId }), ended);

  const refusals = [];
  for (const [action, body] of refused) refusals.push(await refusal(() => ours[action](body), ERROR));
  refusals.push(await refusal(() => client("wrong").CreateAigcImageTask(picture), ERROR));

  const made = [];
  for (const [reqMethod, signMethod, body] of ways)
    made.push((await client(secretKey, { signMethod }, { reqMethod }).CreateAigcVideoTask(body)).TaskId);

  return {
    still,
    moving,
    files: [await download(still.ImageUrls[0]), await download(moving.VideoUrls[0])],
    refusals,
    made,
  };
});
