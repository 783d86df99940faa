// What every script here does around its client: wait, download, tell.

async function until(ask, ended) {
  for (let n = 0; n < 900; n++) {
    const answer = await ask();
    if (ended(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("never done");
}

// What a URL gives: its status, size and first bytes.
async function download(url) {
  const reply = await fetch(url);
  const data = Buffer.from(await reply.arrayBuffer());
  return { status: reply.status, size: data.length, begin: data.subarray(0, 12).toString("hex") };
}

// The error that a call ends with, by the fields named.
async function refusal(call, fields) {
  try {
    await call();
  } catch (error) {
    return Object.fromEntries(fields.map((name) => [name, error[name]]));
  }
  throw new Error("it was not refused");
}

// Runs `main` with the script's argument and prints what it returns as one line of JSON.
function tell(main) {
  main(JSON.parse(process.argv[2])).then(
    (answer) => console.log(JSON.stringify(answer)),
    (error) => {
      console.error(error);
      process.exitCode = 1;
    },
  );
}

module.exports = { until, download, refusal, tell };
