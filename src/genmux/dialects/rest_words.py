"""What the fields of our own REST mean, in the words of the API's description."""

from __future__ import annotations

from typing import Final

from genmux.domain.text import Text

FIELDS: Final[dict[str, dict[str, Text]]] = {
    "CreateBody": {
        "kind": Text("What to make.", "生成类型。"),
        "step": Text(
            "Work on finished media instead of generating; the references are what is worked on.",
            "对已有媒体做后处理而非生成；references 为处理对象。",
        ),
        "model": Text(
            'A model: "Kling/3.0", "Kling" for its default version, or family and version.',
            "模型：“Kling/3.0”；只写“Kling”表示其默认版本；也可写 family 与 version。",
        ),
        "prompt": Text("What should be seen.", "画面描述。"),
        "negative_prompt": Text("What should not be seen.", "不希望出现的内容。"),
        "enhance_prompt": Text("Whether the upstream may rewrite the prompt.", "是否允许上游改写提示词。"),
        "duration": Text("Seconds.", "时长（秒）。"),
        "resolution": Text("720P, 1080P, 2K or 4K.", "720P、1080P、2K 或 4K。"),
        "aspect_ratio": Text("16:9, 9:16, 1:1, …", "宽高比：16:9、9:16、1:1 等。"),
        "size": Text("Exact pixels: 1024x1024.", "精确像素：1024x1024。"),
        "audio": Text("Whether there is sound.", "是否有声音。"),
        "background_music": Text("Whether there is music.", "是否有背景音乐。"),
        "count": Text("How many pictures.", "图片数量。"),
        "seed": Text("Same seed, same result.", "随机种子：相同种子，相同结果。"),
        "watermark": Text("Whether the result is marked.", "是否添加标识。"),
        "output_format": Text("png, jpeg or webp.", "png、jpeg 或 webp。"),
        "scene": Text("A scene word of the model.", "模型的场景类型。"),
        "off_peak": Text("Cheaper and later, where the model can.", "错峰生成：更便宜，更晚完成。"),
        "options": Text("Anything else that the model takes.", "模型的其他参数。"),
        "references": Text("Input media.", "输入素材。"),
        "subjects": Text("People or things to keep recognisable.", "需要保持一致的人物或物体。"),
        "priority": Text(
            "The higher, the earlier among the tenant's own tasks.", "优先级：在本租户任务中越大越先执行。"
        ),
        "output": Text("A configured bucket for a copy of the result.", "结果副本的存储桶（须已配置）。"),
    },
    "ModelBody": {
        "family": Text("The model's family.", "模型名。"),
        "version": Text("Its version.", "模型版本。"),
    },
    "ReferenceBody": {
        "role": Text("What it is for.", "用途。"),
        "source": Text(
            "An http, https or data URL, sha256:<hex> of an upload, or task:<id>[#n] for a task's result.",
            "http、https 或 data URL，上传所得的 sha256:<hex>，或表示任务结果的 task:<任务 ID>[#n]。",
        ),
        "medium": Text("What it is, where the role does not say it.", "素材类型（角色未能说明时）。"),
        "subject_id": Text("A subject's id that the upstream knows.", "上游已知的主体 ID。"),
        "keep_sound": Text("Whether a film keeps its sound.", "是否保留视频原声。"),
        "text": Text("A name for it in the prompt.", "在提示词中的名称。"),
    },
    "SubjectReferenceBody": {
        "source": Text(
            "An http, https or data URL, sha256:<hex> of an upload, or task:<id>[#n] for a task's result.",
            "http、https 或 data URL，上传所得的 sha256:<hex>，或表示任务结果的 task:<任务 ID>[#n]。",
        ),
        "role": Text("What it is for; it goes without saying.", "用途；可省略。"),
        "medium": Text("What it is; it goes without saying.", "素材类型；可省略。"),
        "subject_id": Text("A subject's id that the upstream knows.", "上游已知的主体 ID。"),
        "keep_sound": Text("Whether a film keeps its sound.", "是否保留视频原声。"),
        "text": Text("A name for it in the prompt.", "在提示词中的名称。"),
    },
    "SubjectBody": {
        "id": Text("An id that the upstream knows.", "上游已知的主体 ID。"),
        "name": Text("Its name in the prompt.", "在提示词中的名称。"),
        "voice_id": Text("A voice that the upstream knows.", "上游已知的音色 ID。"),
        "images": Text("Pictures of it.", "主体图片。"),
        "videos": Text("Films of it.", "主体视频。"),
    },
    "OutputBody": {
        "bucket": Text("The bucket's name.", "存储桶名称。"),
        "region": Text("Its region.", "所在地域。"),
        "path": Text("Where in it.", "存储路径。"),
    },
    "ResolveBody": {
        "outcome": Text("What became of the task.", "任务的实际结果。"),
        "upstream_ref": Text(
            "What the upstream calls it; needed for accepted.", "上游任务 ID；accepted 时必填。"
        ),
    },
    "KeyBody": {
        "name": Text("What the key is for.", "密钥用途。"),
        "tenant": Text("Whose it is; the first tenant's if not said.", "所属租户；默认为首个租户。"),
    },
    "ChannelBody": {
        "provider": Text("Who makes the tasks: mps, vod, …", "提供方：mps、vod 等。"),
        "credential": Text(
            "env:ID,KEY, file:/path, sealed:NAME, or the parts themselves, which are sealed.",
            "env:变量1,变量2、file:/路径、sealed:名称，或直接给出凭据（将加密保存）。",
        ),
        "endpoint": Text("Where it calls, if not where the provider does.", "接入地址；默认为提供方地址。"),
        "models": Text("Patterns <kind>/<family>/<version>.", "模型模式：<类型>/<模型>/<版本>。"),
        "names": Text("The upstream's names of models, by pattern.", "上游模型名，按模式给出。"),
        "priority": Text("Channels of a higher one come first.", "优先级，越大越先使用。"),
        "weight": Text("The share among channels of one priority.", "同一优先级内的权重。"),
        "slots": Text("Tasks open at once, in all or by kind.", "并发任务数：总数或按类型。"),
        "learns": Text("Whether slots follow what the upstream takes.", "并发数是否随上游自动调整。"),
        "creates_per_second": Text("Creates a second, in all or by kind.", "每秒创建次数：总数或按类型。"),
        "describes_per_second": Text("Polls a second, in all or by kind.", "每秒查询次数：总数或按类型。"),
        "rates": Text("Calls a second by pace name.", "每秒请求数，按请求类别。"),
        "deadline_minutes": Text("After that long a task is given up.", "任务的最长时间（分钟）。"),
        "poll_seconds": Text(
            "The longest wait between two polls of a task.", "同一任务两次查询的最长间隔（秒）。"
        ),
        "on_unknown": Text("What becomes of a lost submit.", "提交结果未知时的处理方式。"),
        "failover": Text("Whether another channel may follow a failure.", "失败后是否可改用其他通道。"),
        "events": Text("Whether the upstream's event queue is ours alone.", "上游事件队列是否由本服务独占。"),
        "allow_private": Text("Whether private addresses may be called.", "是否允许访问内网地址。"),
        "price": Text("What it costs, in your own words.", "价格说明，格式自定。"),
        "enabled": Text("Whether it takes new tasks.", "是否接受新任务。"),
    },
    "ClockBody": {"advance_seconds": Text("How many seconds pass at once.", "立即流逝的秒数。")},
    "TaskStatus": {
        "state": Text(
            "waiting, queued, submitting, running, unknown, collecting, succeeded, failed or cancelled.",
            "waiting、queued、submitting、running、unknown、collecting、succeeded、failed 或 cancelled。",
        ),
        "reason": Text("Why the state is unknown.", "状态为 unknown 的原因。"),
        "wire": Text("The API it was created through.", "创建任务所用的接口。"),
        "progress": Text("Per cent, null while nobody reported any.", "进度百分比；无人上报时为 null。"),
        "error": Text("Why it failed.", "失败原因。"),
        "artifacts": Text("The results.", "生成结果。"),
        "spec": Text("What was asked for.", "请求内容。"),
        "events": Text("The timeline.", "时间线。"),
    },
    "ArtifactStatus": {
        "url": Text("Opens it, without a token.", "结果地址，无需令牌。"),
        "url_expires_at": Text("Until when the URL opens.", "地址有效期。"),
        "kept_until": Text("Until when the bytes are kept.", "文件保留期。"),
    },
    "ViolationStatus": {
        "field": Text("The field at fault.", "有误的字段。"),
        "nearest": Text(
            "The nearest value that would do; for an unknown field, its name.",
            "最接近的可用取值；未知字段时为字段名。",
        ),
        "allowed": Text("All values that would do, where they are few.", "全部可用取值（数量有限时）。"),
    },
    "PlanStatus": {
        "chosen": Text("What was filled in, and why.", "自动补充的内容及原因。"),
        "size": Text(
            "The size in pixels, null where an input picture sets it.", "像素尺寸；由输入图片决定时为 null。"
        ),
        "channel": Text("The channel that is asked first.", "首选通道。"),
        "ignored": Text("What was said but changes nothing there.", "已填写但不起作用的字段。"),
    },
    "ChannelStatus": {
        "source": Text(
            "file, environment, database, built-in or removed.",
            "来源：file、environment、database、built-in 或 removed。",
        ),
        "problem": Text("Why it cannot work, null where it can.", "无法工作的原因；正常时为 null。"),
    },
    "ChannelHealth": {
        "breaker": Text("closed, open or half_open.", "熔断状态：closed、open 或 half_open。"),
        "why": Text("What the upstream said last.", "上游最近的报错。"),
    },
    "ProbeStatus": {
        "message": Text("How it went, in a sentence.", "结果说明。"),
        "code": Text("The upstream's code, null where nothing is wrong.", "上游错误码；正常时为 null。"),
    },
    "UploadStatus": {"source": Text("The source to name in a create.", "创建任务时使用的 source。")},
    "Problem": {
        "code": Text("What is wrong, stable across releases.", "错误码，各版本保持不变。"),
        "detail": Text("What is wrong, and what would be right.", "错误说明与正确写法。"),
        "field": Text("The path of the field at fault.", "有误字段的路径。"),
    },
}
"""By the name of the type, then of the field; of the types that are asked, every field."""
