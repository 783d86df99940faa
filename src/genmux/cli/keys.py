"""`genmux keys`: who may call this server."""

from __future__ import annotations

from typing import Final

import click

from genmux.cli.exits import run
from genmux.cli.options import Target, json_option, target_options

ENVIRONMENT: Final = {
    "TENCENTCLOUD_SECRET_ID": "secret_id",
    "TENCENTCLOUD_SECRET_KEY": "secret_key",
    "GENMUX_TOKEN": "token",
}
"""What `--env` exports: the names that Tencent's own SDKs read, and that of ours."""


@click.group()
def keys() -> None:
    """Create, list and revoke access keys."""


@keys.command()
@click.argument("name")
@click.option("--tenant", metavar="TENANT", help="Whose tasks it sees (default: the tenant 'default').")
@click.option(
    "--env", "as_env", is_flag=True, help="Print shell exports that the official SDKs, and ours, read."
)
@json_option
@target_options
def create(target: Target, name: str, tenant: str | None, as_env: bool, as_json: bool) -> None:
    """Make an access key. Its secret and token are printed now and can never be read again.

    The pair SecretId and SecretKey signs as Tencent's SDKs do; the token is the bearer form of the
    same key. It works in the running server at once.

    \b
    Examples:
      genmux keys create laptop
      genmux keys create ci --json
      eval "$(genmux keys create laptop --env)"
    """
    if as_env and as_json:
        raise click.UsageError("--env and --json exclude each other")
    run(_create(target, name, tenant, as_env, as_json))


async def _create(target: Target, name: str, tenant: str | None, as_env: bool, as_json: bool) -> None:
    from genmux.cli.connect import connect
    from genmux.cli.show import print_json
    from genmux.cli.words import say

    async with connect(target, working=False) as api:
        made = await api.create_key(name, tenant)
    told = {field: made[field] for field in ("secret_id", "secret_key", "token")}
    if as_json:
        print_json(told)
        return
    if as_env:
        for variable, field in ENVIRONMENT.items():
            click.echo(f"export {variable}={told[field]}")
        return
    for label, field in (("SecretId", "secret_id"), ("SecretKey", "secret_key"), ("Token", "token")):
        click.echo(f"{label:<10} {told[field]}")
    click.echo(
        say("Keep them now: they are not shown again.", "请立即保存：以上内容不会再次显示。"), err=True
    )


@keys.command("list")
@json_option
@target_options
def list_(target: Target, as_json: bool) -> None:
    """Show every access key, revoked ones too; never a secret.

    \b
    Example:
      genmux keys list
    """
    run(_list(target, as_json))


async def _list(target: Target, as_json: bool) -> None:
    from genmux.cli.connect import connect
    from genmux.cli.show import print_json, print_table

    async with connect(target, working=False) as api:
        found = await api.keys()
    if as_json:
        print_json(found)
        return
    rows = [
        (key["secret_id"], key["name"], str(key["tenant_id"]), key["created_at"], key["revoked_at"] or "")
        for key in found
    ]
    print_table(("SECRETID", "NAME", "TENANT", "CREATED", "REVOKED"), rows)


@keys.command()
@click.argument("secret_id", metavar="SECRETID")
@json_option
@target_options
def revoke(target: Target, secret_id: str, as_json: bool) -> None:
    """Make an access key useless, in the running server too, at once.

    \b
    Example:
      genmux keys revoke AKID0123…
    """
    run(_revoke(target, secret_id, as_json))


async def _revoke(target: Target, secret_id: str, as_json: bool) -> None:
    from genmux.cli.connect import connect
    from genmux.cli.show import print_json
    from genmux.cli.words import say

    async with connect(target, working=False) as api:
        await api.revoke_key(secret_id)
    if as_json:
        print_json({"secret_id": secret_id, "revoked": True})
    else:
        click.echo(say(f"{secret_id} is revoked.", f"{secret_id} 已吊销。"))
