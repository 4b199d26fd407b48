"""The table of commands: name → module, and the line that `bocau --help` shows without importing it."""

from importlib import import_module
from typing import Final

import click

from bocau import __version__

COMMANDS: Final = {
    "demo": "Run a whole server on 127.0.0.1, to try it out.",
    "serve": "Run the server.",
    "check": "Say what is wrong with the configuration and the machine.",
    "config": "Show and explain the configuration.",
    "domain": "The domains this server receives mail for.",
    "account": "People and programs with mailboxes and passwords.",
    "token": "Secrets for programs, instead of a password.",
    "alias": "Other names for addresses.",
    "group": "One address for several people.",
    "queue": "Mail that waits for other servers.",
    "import": "Bring mail in from mbox files and Maildirs.",
    "export": "Write mail out as mbox files or Maildirs.",
    "index": "The full-text index that searches answer from.",
    "verify": "Check every invariant of the stored mail.",
    "sendmail": "Send a message from a program: the /usr/sbin/sendmail interface.",
}


MODULES: Final = {"import": "import_mail", "export": "export_mail"}
"""Where the file cannot be named as the command."""


class Commands(click.Group):
    """Imports a command when it is asked for; starting `bocau` costs no more than click."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"bocau.cli.{MODULES.get(name, name)}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="bocau")
def bocau() -> None:
    """A complete mail server.

    \b
    Try it:    bocau demo
    Set up:    bocau domain add example.org
               bocau account add ann@example.org
               bocau serve --config /etc/bocau/bocau.toml

    Commands that look after a server find it by --config, --dir or $BOCAU_DIR, else by
    /etc/bocau/bocau.toml. The server may be running.
    """
