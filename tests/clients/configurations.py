"""What each mail program is told about the server: its account files, in a home of its own."""

import hashlib
import ssl
from collections.abc import Callable
from pathlib import Path

from clients.programs import private_file
from harness import HOST, Server


def mbsync(
    server: Server, home: Path, user: str, *, port: int = 0, patterns: str = "INBOX Archive", rest: str = ""
) -> Path:
    """Keeps Maildirs under `home`/mail in step, both ways; `port`: of something between it and the server."""
    private_file(
        home / ".mbsyncrc",
        f"IMAPAccount bocau\nHost {HOST}\nPort {port or server.port('imaps')}\nUser {server.address(user)}\n"
        f'Pass "{server.password}"\nSSLType IMAPS\nCertificateFile {server.data}/tls/certificate.pem\n\n'
        "IMAPStore far\nAccount bocau\n\n"
        f"MaildirStore near\nPath {home}/mail/\nInbox {home}/mail/INBOX\nSubFolders Verbatim\n\n"
        f"Channel all\nFar :far:\nNear :near:\nPatterns {patterns}\n"
        f"Create Both\nExpunge Both\nSyncState *\n{rest}",
    )
    (home / "mail").mkdir()
    return home


def offlineimap(server: Server, home: Path, user: str, *, port: int = 0, folders: str = "INBOX") -> Path:
    """Keeps Maildirs under `home`/mail in step, both ways."""
    private_file(
        home / ".offlineimaprc",
        "[general]\naccounts = bocau\nui = quiet\n"
        "[Account bocau]\nlocalrepository = near\nremoterepository = far\n"
        f"[Repository near]\ntype = Maildir\nlocalfolders = {home}/mail\n"
        f"[Repository far]\ntype = IMAP\nremotehost = {HOST}\nremoteport = {port or server.port('imaps')}\n"
        f"remoteuser = {server.address(user)}\nremotepass = {server.password}\nssl = yes\n"
        f"cert_fingerprint = {_fingerprint(server)}\n"
        f"folderfilter = lambda name: name in {folders.split()!r}\n",
    )
    return home


def _fingerprint(server: Server, digest: Callable[[bytes], "hashlib._Hash"] = hashlib.sha1) -> str:
    pem = (server.data / "tls" / "certificate.pem").read_text()
    return digest(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def fetchmail(server: Server, home: Path, user: str) -> Path:
    """Takes mail off the server by IMAP, each message into a file of its own in `home`/got, as it is."""
    (home / "got").mkdir()
    private_file(
        home / "fetchmailrc",
        f"set invisible\npoll {HOST} protocol IMAP port {server.port('imaps')}\n"
        f'  user "{server.address(user)}" password "{server.password}" is root here\n'
        f"  ssl no sslcertck nokeep fetchall no rewrite pass8bits\n"
        f'  mda "cat > $(mktemp {home}/got/XXXXXXXX)"\n',
    )
    return home


def getmail(server: Server, home: Path, user: str, *, protocol: str = "IMAP", delete: bool = True) -> Path:
    """Does the same, or without `delete` leaves it there and fetches only what is new."""
    (home / "got").mkdir()
    # getmail 6.18 waits a minute for a child that has ended before it began to wait: let it wait first.
    is_waited_for = "grep -q State:.S /proc/$PPID/status"
    take = f"cat > $(mktemp {home}/got/XXXXXXXX)\nuntil {is_waited_for}; do :; done\n"
    private_file(
        home / "rc",
        f"[retriever]\ntype = Simple{protocol}SSLRetriever\nserver = {HOST}\n"
        f"port = {server.port('imaps' if protocol == 'IMAP' else 'pop3s')}\n"
        f"username = {server.address(user)}\npassword = {server.password}\n"
        # Its own deliveries refuse to run as root.
        "[destination]\ntype = MDA_external\npath = /bin/sh\nallow_root_commands = true\n"
        f'arguments = ("{private_file(home / "take", take)}",)\n'
        f"[options]\nread_all = {delete}\ndelete = {delete}\ndelivered_to = false\nreceived = false\n",
    )
    return home


def msmtp(server: Server, home: Path, user: str) -> Path:
    """Submits what is written without a connection."""
    private_file(
        home / ".msmtprc",
        f"account default\nhost {HOST}\nport {server.port('submission')}\nfrom {server.address(user)}\n"
        f"auth plain\nuser {server.address(user)}\npassword {server.password}\n"
        "tls on\ntls_starttls on\ntls_certcheck off\n",
    )
    return home


def neomutt(server: Server, home: Path, user: str, *, rest: str = "") -> Path:
    """Reads `folder`(server) and answers by submission; the last line of its screen counts the messages."""
    (home / "trusted").write_bytes((server.data / "tls" / "certificate.pem").read_bytes())
    # Without it the program asks whether to make it, and the answer eats the keys.
    (home / "Mail").mkdir()
    address = server.address(user)
    private_file(
        home / "muttrc",
        f'set imap_user="{address}"\nset imap_pass="{server.password}"\nset imap_authenticators="plain"\n'
        f"set from={address}\nset use_from=yes\nset copy=no\nset record=\n"
        f"set smtp_url=smtp://{address.replace('@', '%40')}@{HOST}:{server.port('submission')}/\n"
        f'set smtp_pass="{server.password}"\nset smtp_authenticators="plain"\nset ssl_force_tls=yes\n'
        "set ssl_verify_host=no\nset ssl_verify_dates=no\nset certificate_file=~/trusted\n"
        "set confirm_append=no\nset confirm_create=no\nset quit=yes\nset wait_key=no\nset mail_check=1\n"
        "set timeout=1\nset sleep_time=0\nset imap_idle=yes\nset sort=mailbox-order\nset mark_old=no\n"
        'set status_format="<%m messages, %n new, %F flagged>"\n'
        "set editor=true\nset fast_reply=yes\nset include=no\nset abort_unmodified=no\n" + rest,
    )
    return home


def folder(server: Server, mailbox: str = "INBOX") -> str:
    return f"imaps://{HOST}:{server.port('imaps')}/{mailbox}"


def interimap(server: Server, home: Path, one: str, other: str) -> Path:
    """Keeps two accounts in step, both ways, by QRESYNC; the one in clear text, the other by TLS."""
    directories = home / ".config" / "interimap", home / ".local" / "share" / "interimap"
    for directory in directories:
        directory.mkdir(parents=True, mode=0o700)
    private_file(
        directories[0] / "config",
        "database = state.db\nignore-mailbox = ^(?:Drafts|Junk|Trash)$\n"
        f"[local]\ntype = imap\nSTARTTLS = NO\nhost = {HOST}\nport = {server.port('imap')}\n"
        f"username = {server.address(one)}\npassword = {server.password}\ncompress = YES\n"
        f"[remote]\ntype = imaps\nhost = {HOST}\nport = {server.port('imaps')}\nSSL_verify = NO\n"
        f"username = {server.address(other)}\npassword = {server.password}\ncompress = YES\n",
    )
    return home


def pullimap(server: Server, home: Path, user: str, heir: str) -> Path:
    """Hands what arrives for `user` to `heir` by LMTP, and takes it off the server."""
    directories = home / ".config" / "pullimap", home / ".local" / "share" / "pullimap"
    for directory in directories:
        directory.mkdir(parents=True, mode=0o700)
    private_file(
        directories[0] / "config",
        f"deliver-method = lmtp:[{HOST}]:{server.port('lmtp')}\ndeliver-rcpt = {server.address(heir)}\n"
        f"purge-after = 0\n[bocau]\ntype = imaps\nhost = {HOST}\nport = {server.port('imaps')}\n"
        f"username = {server.address(user)}\npassword = {server.password}\nSSL_verify = NO\n",
    )
    return home


def imapfilter(server: Server, home: Path, user: str, rules: str) -> Path:
    """Applies `rules`, which are Lua, to `account`."""
    private_file(
        home / "rules.lua",
        "options.starttls = false\noptions.timeout = 20\n"
        f"account = IMAP {{ server = '{HOST}', port = {server.port('imap')},\n"
        f"  username = '{server.address(user)}', password = '{server.password}' }}\n" + rules,
    )
    return home


def mpop(server: Server, home: Path, user: str, *, auth: str, keep: bool) -> Path:
    """Takes mail by POP3 into the Maildir `home`/got; remembers what it had by UIDL."""
    for part in ("tmp", "new", "cur"):
        (home / "got" / part).mkdir(parents=True)
    digest = _fingerprint(server, hashlib.sha256).upper()
    fingerprint = ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))
    private_file(
        home / ".mpoprc",
        f"defaults\ntls on\ntls_starttls off\ntls_fingerprint {fingerprint}\nuidls_file {home}/uidls\n"
        f"account bocau\nhost {HOST}\nport {server.port('pop3s')}\nuser {server.address(user)}\n"
        f"password {server.password}\nauth {auth}\nkeep {'on' if keep else 'off'}\n"
        f"delivery maildir {home}/got\nreceived_header off\naccount default : bocau\n",
    )
    return home
