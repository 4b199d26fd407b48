"""`bocau config`: show and explain the configuration."""

from typing import TYPE_CHECKING

import click

from bocau.cli.output import json_option, print_json, print_rows
from bocau.cli.where import where_options

if TYPE_CHECKING:
    from bocau.config import Settings


@click.group()
def command() -> None:
    """Show and explain the configuration.

    \b
    Example:  bocau config show --config /etc/bocau/bocau.toml
    """


@command.command()
@where_options
@json_option
def show(settings: "Settings", as_json: bool) -> None:
    """Print every key with the value in force; passwords stand in files and are not shown.

    \b
    Example:  bocau config show --dir /var/lib/bocau
    """
    from bocau.config.manual import in_force, toml

    values = in_force(settings.file)
    if as_json:
        print_json(values)
        return
    rows = [{"key": key, "value": toml(value)} for key, value in values.items()]
    print_rows(rows, ("key", "value"), as_json=False)


@command.command()
@json_option
def doc(as_json: bool) -> None:
    """Print the manual of all keys (docs/configuration.md).

    \b
    Example:  bocau config doc > docs/configuration.md
    """
    from bocau.config.manual import key_docs, markdown

    if as_json:
        print_json(key_docs())
    else:
        click.echo(markdown(), nl=False)
