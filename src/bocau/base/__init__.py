"""The words every room uses: ids, errors, strict parsing of wire text. Pure, imports nothing of ours."""
