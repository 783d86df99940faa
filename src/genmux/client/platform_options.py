"""What a caller says of a Tencent platform or a relay, and what the environment says where it does not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from genmux.client.checks import LANGUAGES, checked_url, header_word
from genmux.client.cos import CosBucket
from genmux.client.platform import Clocks, Habits
from genmux.client.tencent import Gateway
from genmux.domain.errors import InvalidValue, MissingValue
from genmux.domain.spec import Kind
from genmux.domain.text import Text
from genmux.wires.guide_config import is_placeholder, parse_guide_config
from genmux.wires.rest_values import read_int, read_seconds, unknown_field
from genmux.wires.tc3 import Credential
from genmux.wires.tencent_calls import DEFAULT_REGION, REGION, SITES, endpoint_of

NAMES: Final = ("TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY")
TOKEN_NAME: Final = "TENCENTCLOUD_SESSION_TOKEN"  # noqa: S105  the name of a variable
REGION_NAME: Final = "TENCENTCLOUD_REGION"
LIMITS: Final = {Kind.IMAGE: "max_image_tasks", Kind.VIDEO: "max_video_tasks"}
COMMON: Final = (
    *("base_url", "certificate", "language", "paced", "max_image_tasks", "max_video_tasks"),
    *("poll_seconds", "defaults"),
)
TENCENT: Final = (
    *("secret_id", "secret_key", "session_token", "region", "site", "cos_bucket", "cos_region", "cos_url"),
    *COMMON,
)
"""The arguments of every platform, and those of Tencent's own."""
MOST_TASKS: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Account:
    """Whose calls these are, and where."""

    credential: Credential
    region: str
    language: str


def refuse_others(said: Mapping[str, Any], known: Collection[str]) -> None:
    """Refuse an argument that means nothing to a platform. Raises `InvalidValue`."""
    for name in said:
        if name not in known:
            raise unknown_field(name, name, known)


def read_account(
    said: Mapping[str, Any], environ: Mapping[str, str], others: tuple[str, str] | None = None
) -> Account:
    """Return the account that is said, else the environment's; `others` are names to try last.

    Raises `MissingValue` naming the variables, and `InvalidValue` for what guides write in their place.
    """
    pairs = [(said.get("secret_id"), said.get("secret_key"))]
    pairs += [(environ.get(one), environ.get(two)) for one, two in filter(None, (NAMES, others))]
    if bool(pairs[0][0]) != bool(pairs[0][1]):
        missing = "secret_key" if pairs[0][0] else "secret_id"
        raise MissingValue(
            Text(f"{missing} is missing: a credential has both.", f"缺少 {missing}：密钥需成对提供。"),
            field=missing,
        )
    found = next(((one, two) for one, two in pairs if one and two), None)
    if found is None:
        raise _no_credential(others)
    _check_own(*found)
    from_environment = found != pairs[0]
    token = said.get("session_token") or (environ.get(TOKEN_NAME, "") if from_environment else "")
    words = zip(("secret_id", "secret_key", "session_token"), (*found, token), strict=True)
    credential = Credential(*(header_word(word, name) for name, word in words))
    return Account(credential, _region(said, environ), said.get("language") or LANGUAGES[0])


def open_gateway(
    service: str, said: Mapping[str, Any], environ: Mapping[str, str], account: Account, clocks: Clocks
) -> Gateway:
    """Return a service of Tencent's under an account, at the address that is said or that goes without."""
    return Gateway(
        service,
        site_url(service, said, environ),
        account.credential,
        region=account.region,
        language=account.language,
        clock=clocks.wall,
        chance=clocks.chance,
    )


def _check_own(secret_id: str, secret_key: str) -> None:
    """Refuse what guides write where one's own credential belongs. Raises `InvalidValue`."""
    for name, value in (("secret_id", secret_id), ("secret_key", secret_key)):
        word = value.strip()
        if word.isprintable() and is_placeholder(word):
            raise InvalidValue(
                Text(
                    f"{name} is still the guide's placeholder; put in your own.",
                    f"{name} 仍是示例中的占位符；请填写您自己的密钥。",
                ),
                field=name,
            )


def _no_credential(others: tuple[str, str] | None) -> MissingValue:
    also = f" (or {others[0]} and {others[1]})" if others else ""
    also_zh = f"（或 {others[0]} 与 {others[1]}）" if others else ""
    return MissingValue(
        Text(
            f"There is no credential: set {NAMES[0]} and {NAMES[1]}{also}, or say secret_id and secret_key.",
            f"缺少密钥：请设置环境变量 {NAMES[0]} 与 {NAMES[1]}{also_zh}，或传入 secret_id 与 secret_key。",
        ),
        field="secret_id",
    )


def _region(said: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    region = str(said.get("region") or environ.get(REGION_NAME) or DEFAULT_REGION)
    if not REGION.match(region):
        raise InvalidValue(
            Text(
                f"region {region!r} must be like {DEFAULT_REGION}.",
                f"region {region!r} 应为 {DEFAULT_REGION} 这样的地域名。",
            ),
            field="region",
        )
    return region


def site_url(service: str, said: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    """Return where a service is called: at `base_url`, at the environment's, else on the `site`.

    MPS_BASE_URL and VOD_BASE_URL let a program that names no address talk to a genmux server.
    """
    if url := said.get("base_url") or environ.get(f"{service.upper()}_BASE_URL"):
        return checked_url(url, "base_url")
    site = said.get("site") or next(iter(SITES))
    if site not in SITES:
        words = " or ".join(SITES)
        raise InvalidValue(
            Text(f"site {site!r} must be {words}.", f"site {site!r} 应为 {words}。"), field="site"
        )
    return endpoint_of(service, site)


def read_habits(said: Mapping[str, Any], credential: Credential | None = None) -> Habits:
    """Return the limits, the bucket and the defaults that are said. Raises `InvalidValue`, `MissingValue`."""
    limits = {
        kind: read_int(said[name], name, 1, MOST_TASKS)
        for kind, name in LIMITS.items()
        if said.get(name) is not None
    }
    poll = said.get("poll_seconds")
    return Habits(
        paced=said.get("paced") is not False,
        max_tasks=limits,
        poll_seconds=None if poll is None else read_seconds(poll, "poll_seconds"),
        bucket=_bucket(said, credential),
        output=said.get("output"),
        defaults=said.get("defaults") or {},
        language=said.get("language") or LANGUAGES[0],
    )


def _bucket(said: Mapping[str, Any], credential: Credential | None) -> CosBucket | None:
    name, region = said.get("cos_bucket"), said.get("cos_region")
    if not name and not region:
        return None
    if not (name and region) or credential is None:
        missing = "cos_region" if name else "cos_bucket"
        raise MissingValue(
            Text(f"{missing} is missing: a bucket has a name and a region.", f"缺少 {missing}。"),
            field=missing,
        )
    return CosBucket(credential, name, region, said.get("cos_url") or "")


def read_guide(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the guides' configuration file says, as the arguments of a client of MPS.

    Its bucket takes results and lends local inputs a URL, unless it is the guides' placeholder.
    Raises `InvalidValue` naming the key.
    """
    guide = parse_guide_config(raw)
    defaults = {kind: {"model": model} for kind, model in guide.models.items()}
    films = {"duration": guide.duration, "audio": guide.audio}
    defaults[Kind.VIDEO] = {**defaults.get(Kind.VIDEO, {}), **_told(films)}
    bucket = None if guide.output is None or is_placeholder(guide.output.bucket) else guide.output
    return _told(
        {
            "secret_id": guide.secret_id,
            "secret_key": guide.secret_key,
            "region": guide.region,
            "poll_seconds": guide.poll_seconds,
            **{LIMITS[kind]: limit for kind, limit in guide.max_tasks.items()},
            "output": bucket,
            "cos_bucket": bucket.bucket if bucket else None,
            "cos_region": bucket.region if bucket else None,
            "defaults": defaults,
        }
    )


def _told(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}
