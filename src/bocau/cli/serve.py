"""`bocau serve`: run the server."""

from pathlib import Path

import click

from bocau.cli.failures import Failure
from bocau.cli.where import SYSTEM_CONFIG


@click.command()
@click.option(
    "--config", type=click.Path(path_type=Path), help=f"The configuration.  [default: {SYSTEM_CONFIG}]"
)
@click.option(
    "--workers", type=click.IntRange(1, 256), help="Worker processes.  [default: one per processor]"
)
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a configuration key.")
@click.option("--json", "as_json", is_flag=True, help="Write the log as JSON lines.")
def command(config: Path | None, workers: int | None, overrides: tuple[str, ...], as_json: bool) -> int:
    """Run the server until SIGTERM or Ctrl-C. SIGHUP reads the certificate again.

    \b
    Example:  bocau serve --config /etc/bocau/bocau.toml
    """
    from bocau.app import Server
    from bocau.config import load_settings

    path = config or SYSTEM_CONFIG
    if config is None and not path.exists():
        raise Failure(f"{path} does not exist; name a configuration with --config, or try `bocau demo`")
    given = [] if workers is None else [f"workers={workers}"]
    given += ['log.format="json"'] if as_json else []
    return Server(load_settings(path, (*given, *overrides))).run(lambda: click.echo("ready"))
