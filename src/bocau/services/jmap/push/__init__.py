"""Push: telling clients that the states of types have changed (RFC 8620 §7).

commit → doorbell → Feed: which kinds, which states → Follower (one a stream, one telling a second)
                                                      ├ event_source: EventSource (§7.3)
                                                      └ services.jmap.websocket (RFC 8887 §4.3.5)
background process → subscribers (§7.2)
"""
