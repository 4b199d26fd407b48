"""A wrong key or value is refused with its place and the right spelling."""

from pathlib import Path

import pytest

from bocau.config import ConfigError, load_settings
from bocau.config.file import all_keys, line_of
from bocau.config.manual import key_docs, markdown

NAME = 'hostname = "mail.example.org"\n'


def refusal(tmp_path: Path, text: str, *overrides: str) -> str:
    file = tmp_path / "bocau.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_settings(file, overrides)
    return str(caught.value).replace(f"{tmp_path}/", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "bocau.toml: hostname is missing"),
        (
            NAME + "[smtp]\nsize_max_byte = 7\n",
            "bocau.toml:3: smtp.size_max_byte: unknown key; did you mean smtp.size_max_bytes?",
        ),
        (NAME + "[lissten]\nimap = []\n", "bocau.toml:2: lissten: unknown key; did you mean listen?"),
        (
            NAME + 'resolver = "192.0.2.1"\n',
            "bocau.toml:2: resolver: unknown key; did you mean dns.resolver?",
        ),
        (
            NAME + '[smtp]\nsize_max_bytes = "7"\n',
            "bocau.toml:3: smtp.size_max_bytes: must be a whole number, not text in quotes",
        ),
        (NAME + "[smtp]\nsize_max_bytes = 7\n", "bocau.toml:3: smtp.size_max_bytes: must be 65536 or more"),
        (NAME + "[pop]\npop2 = 1\n", "bocau.toml:3: pop.pop2: must be true or false, not a whole number"),
        (
            NAME + '[log]\nlevel = "warn"\n',
            "bocau.toml:3: log.level: must be one of debug, info, warning, error; did you mean warning?",
        ),
        (
            NAME + '[listen]\nimap = ["1.2.3.4"]\n',
            "bocau.toml:3: listen.imap: '1.2.3.4' needs a port, as in 1.2.3.4:25",
        ),
        (
            NAME + '[listen]\nimap = ["*:99999"]\n',
            "bocau.toml:3: listen.imap: '99999' in '*:99999' is not a port (1 to 65535)",
        ),
        (NAME + "delivery = 3\n", "bocau.toml:2: delivery: is a table: write [delivery] and its keys below"),
        (
            NAME + '\n[delivery.routes]\n"a.example" = "b c"\n',
            "bocau.toml:4: delivery.routes.a.example: 'b c' is not a host name: bad domain",
        ),
        (NAME + "[smtp]\nsize_max_bytes =\n", "bocau.toml:3: not TOML: Invalid value"),
        (NAME + '[tls]\nkey = "key.pem"\n', "tls.certificate and tls.key belong together: give both or none"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert refusal(tmp_path, text) == said


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("dns.resolvr=192.0.2.1", "--set dns.resolvr=192.0.2.1: unknown key; did you mean dns.resolver?"),
        ("delivery.port=abc", "--set delivery.port=abc: must be a whole number, not text in quotes"),
        ("delivery.port=99999", "--set delivery.port=99999: must be 65535 or less"),
        ("delivery.port", "--set delivery.port: write it as key=value, e.g. dns.resolver=127.0.0.1:5353"),
        ("dns.resolver.x=1", "--set dns.resolver.x: unknown key; did you mean dns.resolver?"),
    ],
)
def test_a_wrong_override_is_refused(tmp_path: Path, override: str, said: str) -> None:
    assert refusal(tmp_path, NAME, override) == said


def test_overrides_take_toml_values_or_bare_text(tmp_path: Path) -> None:
    file = tmp_path / "bocau.toml"
    file.write_text(NAME)
    overrides = (
        "dns.resolver=127.0.0.1:5353",
        "delivery.port=2525",
        "delivery.routes.other.test=127.0.0.1:26",
        "submission.smarthost=[::1]:587",
        "submission.smarthost_user=12",
        "submission.smarthost_password_file=secret",
        'listen.smtp=["127.0.0.1:25", "unix:/run/smtp"]',
        "log.level=debug",
    )
    read = load_settings(file, overrides).file
    assert [str(server) for server in read.dns.resolver] == ["127.0.0.1:5353"]
    assert read.delivery.port == 2525
    assert str(read.delivery.routes["other.test"]) == "127.0.0.1:26"
    assert str(read.submission.smarthost) == "[::1]:587"
    assert read.submission.smarthost_user == "12"
    assert [str(address) for address in read.listen.smtp] == ["127.0.0.1:25", "unix:/run/smtp"]
    assert read.log.level == "debug"


def test_relative_paths_start_at_the_file(tmp_path: Path) -> None:
    file = tmp_path / "bocau.toml"
    file.write_text(NAME + 'data_dir = "data"\n')
    assert load_settings(file).data_dir == tmp_path / "data"


def test_a_secret_is_read_from_its_file_and_shown_nowhere(tmp_path: Path) -> None:
    file = tmp_path / "bocau.toml"
    file.write_text(
        NAME
        + '[submission]\nsmarthost = "smtp.example.net:587"\nsmarthost_user = "u"\n'
        + 'smarthost_password_file = "secret"\n'
    )
    (tmp_path / "secret").write_text("hunter2\nnot this\n")
    settings = load_settings(file)
    assert settings.smarthost_password() == "hunter2"
    assert "hunter2" not in repr(settings) + repr(settings.flow)


def test_every_key_is_documented() -> None:
    docs = key_docs()
    assert sorted(docs) == sorted(all_keys()) and all(docs.values())
    page = markdown()
    assert all(f"`{key.rpartition('.')[2]}`" in page for key in docs)


def test_lines_of_keys_in_inline_and_dotted_tables() -> None:
    text = 'a = 1\nsmtp.size = 2\n[delivery]\nroutes = { "x.y" = "z" }\n'
    assert [line_of(text, key) for key in ("a", "smtp.size", "delivery", "delivery.routes.x.y", "b")] == [
        1,
        2,
        3,
        4,
        None,
    ]


@pytest.mark.parametrize(
    ("most", "delays"), [("15", (2, 4, 8, 15)), ("3.5", (2, 3.5, 3.5, 3.5)), ("0", (0,) * 4)]
)
def test_a_wrong_password_waits_no_longer_than_said(
    tmp_path: Path, most: str, delays: tuple[float, ...]
) -> None:
    file = tmp_path / "bocau.toml"
    file.write_text(NAME, "utf-8")
    assert load_settings(file).directory.throttle.delays_seconds == (2, 4, 8, 15)
    settings = load_settings(file, (f"login.delay_seconds_max={most}",))
    assert settings.directory.throttle.delays_seconds == delays
