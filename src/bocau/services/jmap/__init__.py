"""JMAP (RFC 8620, RFC 8621): the mail as JSON over HTTP, for the webmail and any other client.

    runtime.http → application (routes, who asks) → dispatch → methods/<type> → store · flow · directory

Door: JmapApplication.
"""
