"""QR codes, as SVG.

Responsible for: drawing them dark on light, whatever the page's colours are, with the quiet zone that readers want.
Not responsible for: what is in them.
Read next: `web.routes.connect`.
"""

import io

import segno


def drawn(text: str) -> bytes:
    """As a file."""
    out = io.BytesIO()
    _made(text).save(out, kind="svg", scale=4, border=4, dark="#000", light="#fff", svgclass=None, lineclass=None)
    return out.getvalue()


def drawn_as_address(text: str) -> str:
    """As a data: address, for what no address of ours may ever show again."""
    return _made(text).svg_data_uri(scale=4, border=4, dark="#000", light="#fff", svgclass=None, lineclass=None)


def _made(text: str) -> segno.QRCode:
    return segno.make_qr(text, error="m")
