// `tencentcloud-sdk-nodejs-vod`: a picture, a film from it, a failure, refusals, and the events of all.
const { vod } = require("tencentcloud-sdk-nodejs-vod");
const { until, download, refusal, tell } = require("./shared.js");

const ERROR = ["code", "message", "requestId"];

tell(async ({ address, secretId, secretKey, picture, film, refused }) => {
  const client = (key = secretKey) =>
    new vod.v20180717.Client({
      credential: { secretId, secretKey: key },
      region: "ap-guangzhou",
      profile: { httpProfile: { endpoint: address, protocol: "http://" } },
    });
  const ours = client();
  const { SubAppId } = picture;
  const finish = ({ TaskId }) =>
    until(
      () => ours.DescribeTaskDetail({ TaskId, SubAppId }),
      ({ Status }) => Status === "FINISH",
    );

  const still = await finish(await ours.CreateAigcImageTask(picture));
  const [{ FileUrl: url }] = still.AigcImageTask.Output.FileInfos;
  const moving = await finish(
    await ours.CreateAigcVideoTask({ ...film, FileInfos: [{ Type: "Url", Url: url }] }),
  );
  const failed = await finish(await ours.CreateAigcVideoTask({ ...film, Prompt: "[[genmux fail]]" }));

  const { EventSet } = await ours.PullEvents({ SubAppId });
  await ours.ConfirmEvents({ SubAppId, EventHandles: EventSet.map((event) => event.EventHandle) });

  const refusals = [];
  for (const [action, body] of refused) refusals.push(await refusal(() => ours[action](body), ERROR));
  refusals.push(await refusal(() => client("wrong").CreateAigcImageTask(picture), ERROR));
  return {
    still,
    moving,
    failed,
    files: [await download(url), await download(moving.AigcVideoTask.Output.FileInfos[0].FileUrl)],
    events: EventSet.map((event) => event.EventType),
    refusals,
  };
});
