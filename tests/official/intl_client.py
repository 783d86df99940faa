"""Run in a process of its own whose `tencentcloud` is the international package; says what it saw, as JSON.

Arguments: the server's host:port, the secret id, the secret key, and the bodies of a picture and a film.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any


def main(address: str, secret_id: str, secret_key: str, picture: str, film: str) -> dict[str, Any]:
    import tencentcloud
    from tencentcloud.common.credential import Credential
    from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
    from tencentcloud.common.profile.client_profile import ClientProfile
    from tencentcloud.common.profile.http_profile import HttpProfile
    from tencentcloud.mps.v20190612 import models, mps_client

    profile = ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=address))
    client: Any = mps_client.MpsClient(Credential(secret_id, secret_key), "ap-singapore", profile)

    def call(action: str, body: str) -> Any:
        request = getattr(models, f"{action}Request")()
        request.from_json_string(body)
        return getattr(client, action)(request)

    def make(kind: str, body: str) -> Any:
        made = call(f"CreateAigc{kind}Task", body)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            answer = call(f"DescribeAigc{kind}Task", json.dumps({"TaskId": made.TaskId}))
            if answer.Status in ("DONE", "FAIL"):
                return answer
            time.sleep(0.05)
        raise TimeoutError(made.TaskId)

    (picture_url,) = make("Image", picture).ImageUrls
    (film_url,) = make("Video", json.dumps({**json.loads(film), "ImageUrl": picture_url})).VideoUrls
    try:
        call("DescribeAigcVideoTask", json.dumps({"TaskId": "x"}))
    except TencentCloudSDKException as error:
        refusal = [error.get_code(), error.get_message(), error.get_request_id()]
    return {
        "version": tencentcloud.__version__,
        "package": tencentcloud.__file__,
        "urls": [picture_url, film_url],
        "refusal": refusal,
    }


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
