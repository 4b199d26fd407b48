"""What each event means, one group of commands a file."""

from typing import Final

from bocau.protocols import pop
from bocau.services.pop.commands import authorization, capabilities, ending, listing, retrieval
from bocau.services.pop.session import Commands

COMMANDS: Final[Commands] = {
    pop.UserSaid: authorization.user,
    pop.PassSaid: authorization.password,
    pop.AuthAsked: authorization.authenticate,
    pop.ResponseSaid: authorization.respond,
    pop.StartTlsAsked: authorization.start_tls,
    pop.CapabilitiesAsked: capabilities.capabilities,
    pop.MechanismsAsked: capabilities.list_mechanisms,
    pop.Utf8Asked: capabilities.utf8,
    pop.LanguageAsked: capabilities.language,
    pop.StatAsked: listing.stat,
    pop.ListAsked: listing.list_sizes,
    pop.UidListAsked: listing.list_unique_ids,
    pop.Delete: listing.delete,
    pop.ResetAsked: listing.reset,
    pop.NoopSaid: listing.noop,
    pop.Retrieve: retrieval.retrieve,
    pop.TopAsked: retrieval.top,
    pop.QuitAsked: ending.quit,
    pop.Faulty: ending.fault,
}
