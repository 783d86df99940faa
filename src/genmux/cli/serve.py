"""`genmux serve`: the server, until it is told to stop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from genmux.cli.options import Target, json_option

if TYPE_CHECKING:
    from genmux.compose.server import Server
    from genmux.compose.supervisor import Supervisor


@click.command()
@click.option("--host", metavar="ADDRESS", help="Address to bind; 127.0.0.1 unless told otherwise.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="Port to bind, 8080 unless told otherwise; 0 takes any free one.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Data directory; one process serves it.  [GENMUX_DATA]",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Settings to read instead of ./genmux.toml.",
)
@click.option(
    "--tls",
    metavar="auto|CERT,KEY",
    help="Serve https: with a self-signed pair kept in the data directory, or with yours.",
)
@click.option(
    "--database",
    metavar="URL",
    help="PostgreSQL database, postgresql://…, that several processes may share.  [GENMUX_DATABASE]",
)
@click.option(
    "--role",
    type=click.Choice(["all", "api", "engine"]),
    help="Answer clients (api), make tasks (engine), or both.",
)
@click.option(
    "--processes", type=click.IntRange(1, 256), metavar="N", help="Serve the port with N processes."
)
@click.option("--paused", is_flag=True, default=None, help="Accept tasks, but start none.")
@click.option("--emulator", is_flag=True, default=None, help="Let an operator move the clock; for tests.")
@json_option
def serve(
    host: str | None,
    port: int | None,
    data: Path | None,
    config: Path | None,
    tls: str | None,
    database: str | None,
    role: str | None,
    processes: int | None,
    paused: bool | None,
    emulator: bool | None,
    as_json: bool,
) -> None:
    """Serve the API, and make what is asked for, until SIGINT or SIGTERM; then drain.

    Tencent's SDKs talk to it at /, our own REST is under /api/v1, GET /healthz answers 200 as soon
    as tasks are accepted.

    \b
    Examples:
      genmux serve
      genmux serve --tls auto
      genmux serve --host 0.0.0.0 --port 80 --data /var/lib/genmux
      genmux serve --database postgresql://genmux@db.example/genmux --processes 4
    """
    from genmux.compose import run

    overrides = {
        **{"host": host, "port": port, "tls": tls, "database": database, "role": role},
        **{"processes": processes, "paused": paused, "emulator": emulator},
    }
    run(_serve(Target(data=data, config=config), overrides, as_json))


async def _serve(target: Target, overrides: dict[str, Any], as_json: bool) -> None:
    from genmux.cli.exits import UNREACHABLE, CliError
    from genmux.cli.local import open_server, open_supervisor, read_settings
    from genmux.cli.show import print_json
    from genmux.cli.words import say
    from genmux.domain.text import same
    from genmux.store.ownership import AlreadyOwned

    settings = read_settings(target, overrides)
    try:
        if settings.processes > 1:
            flags = {**overrides, "data": target.data}
            server: Server | Supervisor = await open_supervisor(settings, target.config, flags)
        else:
            server = await open_server(settings, settings.log_level)
    except AlreadyOwned as owned:
        raise CliError(UNREACHABLE, same(f"{owned}.")) from None
    if as_json:
        certificate = str(server.certificate.absolute()) if server.certificate is not None else None
        print_json({"url": server.url, "data": str(settings.data), "certificate": certificate})
    else:
        click.echo(say(f"genmux serves {server.url}", f"genmux 服务地址：{server.url}"))
        if server.certificate is not None:
            click.echo(f"SSL_CERT_FILE={server.certificate.absolute()}")
    await server.run()
