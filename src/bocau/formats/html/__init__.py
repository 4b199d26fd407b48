"""Bodies of mail as HTML that may be shown: allow-lists only, nothing that loads, runs or leaves by itself.

    HTML ─ depth gate ─ nh3 with every attribute rewritten ─ quotations folded ─ nh3 again ─┐
                        tinycss2: declarations and rules by allow-list                      ├─ pieces ─ page
    text ─ quote levels, links, format=flowed: built, never replaced ──────────── nh3 again ┘

The page's Content-Security-Policy is the first wall, this is the second. Slow on hostile input (nh3 is
quadratic in nesting): run it in a limited child, see `bocau.services.web.cleaner`.

Door: `cleaning.clean`.
"""
