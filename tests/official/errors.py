"""The errors that every official client must raise as such: what is asked, and the code that comes."""

from __future__ import annotations

from typing import Any, Final

IMAGE, VIDEO = "CreateAigcImageTask", "CreateAigcVideoTask"
DESCRIBE_IMAGE, DESCRIBE_VIDEO = "DescribeAigcImageTask", "DescribeAigcVideoTask"

ERRORS: Final[dict[str, tuple[str, dict[str, Any], str]]] = {
    "nothing to paint": (IMAGE, {}, "MissingParameter"),
    "a wrong type": (IMAGE, {"Prompt": 5}, "InvalidParameter"),
    "an unknown field": (IMAGE, {"Prompt": "a", "Colour": "red"}, "UnknownParameter"),
    "a bad value": (VIDEO, {"Prompt": "a", "Duration": 0}, "InvalidParameterValue"),
    "a long prompt": (VIDEO, {"Prompt": "猫" * 2001}, "InvalidParameterValue"),
    "an unknown model": (IMAGE, {"ModelName": "X", "Prompt": "a"}, "InvalidParameter.ModelNotSupported"),
    "a private URL": (VIDEO, {"ImageUrl": "http://127.0.0.1/a.png"}, "InvalidParameter.InvalidUrl"),
    "no picture": (VIDEO, {"ImageUrl": "data:image/png;base64,AAAA"}, "InvalidParameter.InputInfo"),
    "a violation": (IMAGE, {"Prompt": "a [[genmux violation]]"}, "InvalidParameter.ViolationContent"),
    "a 3D scene": (VIDEO, {"Prompt": "a", "SceneType": "3d_scene"}, "UnsupportedOperation"),
    "no such task": (DESCRIBE_VIDEO, {"TaskId": "4-AigcVideo-x"}, "ResourceNotFound.TaskNotFound"),
    "no such picture": (DESCRIBE_IMAGE, {"TaskId": "2147483790"}, "ResourceNotFound.TaskNotFound"),
    "an action not served": ("DescribeTaskDetail", {"TaskId": "x"}, "UnsupportedOperation"),
    "an action of nobody": ("CreateAigcWonder", {}, "InvalidAction"),
}
