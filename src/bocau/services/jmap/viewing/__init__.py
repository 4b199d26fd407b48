"""Messages as they may be shown: the body on a page of its own, facts about the sender, attachments, images.

    EmailView/get ─→ Viewing ─→ MessageReader (parts) ─→ Cleaner (limited child) ─→ Shown, kept
         │ signs an address                                                          ▲
    GET /view/… ─→ services.web.view ─→ the seal says what and for whom ─────────────┘

Door: Viewing.
"""
