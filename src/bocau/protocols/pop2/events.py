"""What a POP2 client said (RFC 937, "Definitions of Commands and Replies")."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Hello:
    """HELO: who it is. The password is the rest of the line."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fold:
    """Another mailbox."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class Read:
    """How long a message is; None: the current one."""

    number: int | None


@dataclass(frozen=True, slots=True)
class Retrieve:
    """The message whose length was told last."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """ACKS: received, keep it; the next one."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """ACKD: received, delete it; the next one."""


@dataclass(frozen=True, slots=True)
class NotReceived:
    """NACK: the same one again."""


@dataclass(frozen=True, slots=True)
class QuitAsked:
    """QUIT."""


@dataclass(frozen=True, slots=True)
class Faulty:
    """A line that is not obeyed: the session answers and hangs up."""

    text: str


Event = Hello | Fold | Read | Retrieve | Acknowledged | Deleted | NotReceived | QuitAsked | Faulty
