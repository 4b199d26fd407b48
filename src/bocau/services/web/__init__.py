"""The web beside JMAP: logins by browser, the webmail's files.

Entrance (runtime) → application → /jmap… (services.jmap) · /auth/… (login) · static, pages
"""
