"""The command line by behaviour: what it prints, its errors, its exit status."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import run_cli
from terminal import run_inside

Run = Callable[..., "subprocess.CompletedProcess[str]"]
COMMANDS = [
    *("demo", "serve", "check", "config", "domain", "account", "token", "alias", "group", "queue"),
    *("import", "export", "verify", "sendmail"),
]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`bocau` on a data directory with the domain example.org."""

    def run_here(
        *arguments: str, input: str | bytes = b"", status: int = 0
    ) -> "subprocess.CompletedProcess[str]":
        result = run_inside(*arguments, input=input, environment={"BOCAU_DIR": str(tmp_path)})
        assert result.returncode == status, result.stderr
        return result

    run_here("domain", "add", "example.org")
    return run_here


def one_line(result: "subprocess.CompletedProcess[str]") -> str:
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    return lines[0]


def add_account(run: Run, address: str = "ann@example.org", *more: str) -> None:
    run("account", "add", address, *more, input="a good password\n")


# --- shape ----------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = run_inside(command, "--help")
    assert result.returncode == 0 and "Example:" in result.stdout


def test_help_names_every_command() -> None:
    shown = run_cli("--help").stdout
    assert all(f"  {command} " in shown for command in COMMANDS)


def test_no_server_named_is_an_error_of_one_line() -> None:
    result = run_cli("domain", "list")
    assert result.returncode == 1
    assert one_line(result) == "bocau: which server? name it with --config, --dir or $BOCAU_DIR"


def test_wrong_usage_is_status_2_in_one_line(run: Run) -> None:
    assert "Missing argument 'ADDRESS'" in one_line(run("account", "add", status=2))
    assert "No such command" in one_line(run("acount", status=2))
    assert "'no-at-sign' is not an address" in one_line(run("account", "show", "no-at-sign", status=2))


# --- domains, accounts, aliases, groups -----------------------------------------------


def test_domains_are_shown_as_a_label_and_as_people_write_them(run: Run) -> None:
    run("domain", "add", "Bücher.example")
    rows = json.loads(run("domain", "list", "--json").stdout)
    assert [(row["domain"], row["shown_as"]) for row in rows] == [
        ("example.org", "example.org"),
        ("xn--bcher-kva.example", "bücher.example"),
    ]


def test_a_domain_in_use_is_not_removed(run: Run) -> None:
    add_account(run)
    assert "still has accounts" in one_line(run("domain", "remove", "example.org", status=1))
    run("account", "remove", "ann@example.org", "--yes")
    run("domain", "remove", "example.org")
    assert run("domain", "list").stdout == ""


def test_what_exists_and_what_does_not_is_said(run: Run) -> None:
    assert one_line(run("domain", "add", "example.org", status=1)) == "bocau: example.org exists already"
    assert "no such account: eve@example.org" in one_line(run("account", "show", "eve@example.org", status=1))
    assert "no such domain: other.test" in one_line(
        run("account", "add", "ann@other.test", input="password 1\n", status=1)
    )


def test_an_account_is_made_with_its_mailboxes(run: Run) -> None:
    add_account(run, "ann@example.org", "--name", "Ann Lê", "--quota", "2G")
    shown = json.loads(run("account", "show", "ann@example.org", "--json").stdout)
    assert shown["name"] == "Ann Lê" and shown["quota_bytes"] == 2_000_000_000
    assert {box["name"] for box in shown["mailboxes"]} >= {"INBOX", "Sent", "Trash", "Drafts", "Junk"}


def test_an_account_is_changed(run: Run) -> None:
    add_account(run)
    run("account", "set", "ann@example.org", "--name", "Ann", "--quota", "1M", "--admin", "--disable")
    shown = json.loads(run("account", "show", "ann@example.org", "--json").stdout)
    assert (shown["name"], shown["quota_bytes"], shown["is_admin"], shown["is_disabled"]) == (
        "Ann",
        1_000_000,
        True,
        True,
    )
    run("account", "set", "ann@example.org", "--quota", "0", "--enable")
    shown = json.loads(run("account", "show", "ann@example.org", "--json").stdout)
    assert shown["quota_bytes"] is None and not shown["is_disabled"]


def test_a_password_is_never_taken_from_nowhere(run: Run) -> None:
    assert "no password given" in one_line(run("account", "add", "ann@example.org", status=1))


def test_removing_mail_needs_a_yes_where_nobody_can_be_asked(run: Run) -> None:
    add_account(run)
    assert "say --yes" in one_line(run("account", "remove", "ann@example.org", status=1))


def test_an_app_password_is_shown_once(run: Run) -> None:
    add_account(run)
    made = json.loads(
        run(
            "account",
            "app-password",
            "add",
            "ann@example.org",
            "--label",
            "phone",
            "--scope",
            "imap",
            "--json",
        ).stdout
    )
    listed = run("account", "app-password", "list", "ann@example.org", "--json").stdout
    assert made["secret"] and made["secret"] not in listed
    (row,) = json.loads(listed)
    assert row["scopes"] == ["imap"] and row["label"] == "phone"
    run("account", "app-password", "remove", "ann@example.org", str(row["number"]))
    assert json.loads(run("account", "app-password", "list", "ann@example.org", "--json").stdout) == []
    assert "no app password" in one_line(
        run("account", "app-password", "remove", "ann@example.org", "1", status=1)
    )


def test_aliases_are_added_changed_and_removed(run: Run) -> None:
    add_account(run)
    run("alias", "add", "info@example.org", "ann@example.org", "eve@elsewhere.test")
    assert "`bocau alias set` changes it" in one_line(
        run("alias", "add", "info@example.org", "ann@example.org", status=1)
    )
    run("alias", "set", "info@example.org", "ann@example.org")
    shown = json.loads(run("alias", "show", "info@example.org", "--json").stdout)
    assert shown == {"address": "info@example.org", "targets": ["ann@example.org"]}
    run("alias", "remove", "info@example.org")
    assert "no alias info@example.org" in one_line(run("alias", "show", "info@example.org", status=1))


def test_groups_keep_members_and_senders(run: Run) -> None:
    add_account(run)
    add_account(run, "bob@example.org")
    run("group", "add", "team@example.org", "ann@example.org", "--sender", "ann@example.org")
    run("group", "set", "team@example.org", "--add", "bob@example.org", "--sender", "bob@example.org")
    run("group", "set", "team@example.org", "--remove", "ann@example.org", "--no-sender", "ann@example.org")
    shown = json.loads(run("group", "show", "team@example.org", "--json").stdout)
    assert shown["members"] == ["bob@example.org"] and shown["senders"] == ["bob@example.org"]
    assert "is no member" in one_line(
        run("group", "set", "team@example.org", "--remove", "eve@x.test", status=1)
    )


def test_a_slip_of_the_pen_is_noticed(run: Run) -> None:
    add_account(run)
    result = run("alias", "add", "info@example.org", "ann@example.org", "an@example.org", "x@elsewhere.test")
    assert one_line(result) == "bocau: warning: an@example.org does not exist here yet"
    assert "an@example.org" in one_line(run("domain", "set", "example.org", "--catch-all", "an@example.org"))


def test_a_change_of_nothing_is_wrong_usage(run: Run) -> None:
    add_account(run)
    run("group", "add", "team@example.org", "ann@example.org")
    for words in (
        ("account", "set", "ann@example.org"),
        ("group", "set", "team@example.org"),
        ("domain", "set", "example.org"),
    ):
        assert "Say what to change. See" in one_line(run(*words, status=2))


def test_a_token_is_shown_once_listed_and_removed(run: Run) -> None:
    add_account(run)
    token = run("token", "add", "ann@example.org", "--label", "backup", "--expires", "90d").stdout.strip()
    assert token.startswith("bocau_") and "\n" not in token
    made = json.loads(
        run("token", "add", "ann@example.org", "--label", "cron", "--scope", "imap,smtp", "--json").stdout
    )
    assert made["scopes"] == ["imap", "smtp"] and made["expires_at"] is None and made["token"] != token
    listed = run("token", "list", "ann@example.org", "--json").stdout
    assert [row["label"] for row in json.loads(listed)] == ["backup", "cron"]
    assert token not in listed and json.loads(listed)[0]["expires_at"]
    assert json.loads(run("account", "app-password", "list", "ann@example.org", "--json").stdout) == []
    run("token", "remove", "ann@example.org", "backup")
    run("token", "remove", "ann@example.org", str(made["number"]))
    assert json.loads(run("token", "list", "ann@example.org", "--json").stdout) == []


@pytest.mark.parametrize(
    "words",
    [
        ("add", "ann@example.org", "--scope", "imap,everything"),
        ("add", "ann@example.org", "--expires", "tomorrow"),
        ("add", "ann@example.org", "--expires", "0d"),
    ],
)
def test_a_token_of_strange_terms_is_wrong_usage(run: Run, words: tuple[str, ...]) -> None:
    add_account(run)
    run("token", *words, status=2)


def test_a_token_that_is_not_there(run: Run) -> None:
    add_account(run)
    assert "no token x" in one_line(run("token", "remove", "ann@example.org", "x", status=1))
    assert "nobody@example.org" in one_line(run("token", "add", "nobody@example.org", status=1))


def test_capabilities_are_switched_off_for_an_account(run: Run) -> None:
    add_account(run)

    def without() -> list[str]:
        shown = json.loads(run("account", "show", "ann@example.org", "--json").stdout)
        return list(shown["without"])

    run("account", "set", "ann@example.org", "--without", "scram-sha-256,COMPRESS")
    assert without() == ["COMPRESS", "SCRAM-SHA-256"]
    assert "STARTTLS" in one_line(run("account", "set", "ann@example.org", "--without", "STARTTLS", status=1))
    run("account", "set", "ann@example.org", "--without", "nothing")
    assert without() == []


# --- the queue and sendmail -------------------------------------------------------------


def test_sendmail_delivers_here_and_queues_the_rest_without_a_running_server(run: Run) -> None:
    add_account(run)
    message = b"To: ann@example.org\nCc: eve@elsewhere.test\nBcc: secret@elsewhere.test\nSubject: x\n\nbody\n"
    run("sendmail", "-t", "-oi", "-f", "ann@example.org", input=message)
    shown = json.loads(run("account", "show", "ann@example.org", "--json").stdout)
    assert shown["message_count"] == 1
    (queued,) = json.loads(run("queue", "list", "--json").stdout)
    assert queued["sender"] == "ann@example.org" and queued["recipient_count"] == 2
    detail = json.loads(run("queue", "show", str(queued["id"]), "--json").stdout)
    assert {r["address"] for r in detail["recipients"]} == {"eve@elsewhere.test", "secret@elsewhere.test"}


def test_a_lone_dot_ends_the_message_unless_told_otherwise(run: Run) -> None:
    add_account(run)
    sizes = []
    for options in ([], ["-i"]):
        before = json.loads(run("account", "show", "ann@example.org", "--json").stdout)["used_bytes"]
        run("sendmail", *options, "ann@example.org", input=b"Subject: x\n\none\n.\n" + b"two\n" * 100)
        after = json.loads(run("account", "show", "ann@example.org", "--json").stdout)["used_bytes"]
        sizes.append(after - before)
    assert sizes[1] > sizes[0] + 400


def test_sendmail_says_what_it_cannot_do(run: Run) -> None:
    assert "No recipients" in one_line(run("sendmail", input=b"Subject: x\n\n", status=64))
    assert "-z" in one_line(run("sendmail", "-z", "ann@example.org", status=64))
    assert "no such address: nobody@example.org" in one_line(
        run("sendmail", "nobody@example.org", input=b"\n", status=67)
    )


def test_queued_mail_is_held_released_and_dropped(run: Run) -> None:
    run("sendmail", "-f", "<>", "eve@elsewhere.test", input=b"Subject: x\n\n")
    (queued,) = json.loads(run("queue", "list", "--json").stdout)
    number = str(queued["id"])
    run("queue", "hold", number)
    assert json.loads(run("queue", "list", "--json").stdout)[0]["is_held"]
    assert "is held already" in one_line(run("queue", "hold", number, status=1))
    run("queue", "release", number)
    assert "is not held" in one_line(run("queue", "release", number, status=1))
    assert run("queue", "retry", "--all").stdout == "1 recipient will be tried now\n"
    run("queue", "drop", number)
    assert run("queue", "list").stdout == ""
    assert "`bocau queue list` shows them" in one_line(run("queue", "show", number, status=1))


# --- configuration -----------------------------------------------------------------------


def test_the_sample_configuration_is_read(tmp_path: Path) -> None:
    sample = Path(__file__).parent.parent / "contrib" / "bocau.toml"
    shown = run_inside("config", "show", "--config", str(sample), "--json")
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)["hostname"] == "mail.example.org"


def test_the_manual_of_the_configuration_is_up_to_date() -> None:
    page = Path(__file__).parent.parent / "docs" / "configuration.md"
    assert page.read_text("utf-8") == run_inside("config", "doc").stdout, (
        "run: bocau config doc > docs/configuration.md"
    )


def test_a_misspelt_key_stops_the_start_with_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "bocau.toml"
    file.write_text('hostname = "mail.example.org"\n\n[smtp]\nsize_max_byte = 1000000\n')
    result = run_cli("serve", "--config", str(file))
    assert result.returncode == 1
    assert one_line(result) == (
        f"bocau: {file}:4: smtp.size_max_byte: unknown key; did you mean smtp.size_max_bytes?"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may bind every port")
def test_a_port_that_only_root_may_bind_is_explained(tmp_path: Path) -> None:
    result = run_cli("demo", "--dir", str(tmp_path), "--port-offset", "0")
    assert result.returncode == 1 and "start as root" in one_line(result)
