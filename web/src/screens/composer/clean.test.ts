// @vitest-environment jsdom
/** What enters the editor, of html that anybody may have written. */
import { expect, test } from "vitest";
import { clean, cleanKept } from "./clean";
import { outgoing, split } from "./html";
import { parsed } from "./parsed";

function cleaned(html: string, by: (html: string) => DocumentFragment = clean): string {
  const holder = document.createElement("div");
  holder.append(by(html));
  return holder.innerHTML;
}

test.each([
  ["<b>a</b><script>alert(1)</script>", "<b>a</b>"],
  ["<img src=x onerror=alert(1) alt=photo>", "photo"],
  ["<img src=cid:a data-cid=a>", ""],
  ["<img src=//evil.test/jmap/download/x data-cid=a>", ""],
  ["<img src=https://evil.test/x.png data-cid=a alt=x>", "x"],
  ["<svg><a xlink:href=javascript:alert(1)><text>x</text></a></svg>y", "y"],
  ["<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>", ""],
  ["<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">", "<p title=\"</noscript><img src=x onerror=alert(1)>\"></p>"],
  ["<template><img src=x onerror=alert(1)></template>a", "a"],
  ["<iframe srcdoc='<script>alert(1)</script>'></iframe><object data=x>b</object>", ""],
  ["<base href=//evil.test><meta http-equiv=refresh content=0><link rel=stylesheet href=x>a", "a"],
  ["<form action=//evil.test><input name=a><button>go</button>text</form>", "text"],
  ["<textarea><img src=x onerror=alert(1)></textarea>", ""],
  ["<p style=\"background:url(//evil.test)\" onclick=x id=y name=z>a</p>", "<p>a</p>"],
  ["<span style=\"position:fixed;inset:0\" class=\"dialog size-large\">a</span>", "<span class=\"size-large\">a</span>"],
  ["<x-thing onfocus=alert(1) tabindex=0 autofocus>a</x-thing>", "a"],
  ["<!--[if IE]><img src=x><![endif]-->a<!-- --!><b>c</b>", "a<b>c</b>"],
  ["<td background=//evil.test>a</td>", "a"],
  ["<table background=//evil.test><tr><td colspan=2 rowspan=9999>a", "<table><tbody><tr><td colspan=\"2\">a</td></tr></tbody></table>"],
])("%s", (html, expected) => {
  expect(cleaned(html)).toBe(expected);
});

test.each(["javascript:alert(1)", " jAvascript:alert(1)", "java\tscript:alert(1)", "data:text/html,x", "vbscript:x", "//evil.test", "/auth/logout", "blob:x", "\u0001javascript:x"])(
  "no link to %j",
  (address) => {
    const link = document.createElement("a");
    link.setAttribute("href", address);
    link.textContent = "a";
    expect(cleaned(link.outerHTML)).toBe("<a>a</a>");
  },
);

test("links that people follow stay, in a window of their own", () => {
  const expected = (address: string) => `<a href="${address}" target="_blank" rel="noopener noreferrer">a</a>`;
  for (const address of ["https://a.test/x?y=1#z", "http://a.test", "mailto:a@b.test", "tel:+84123"])
    expect(cleaned(`<a href="${address}" target=_top rel=opener ping=//evil.test>a</a>`)).toBe(expected(address));
});

test("pictures of the message itself stay", () => {
  const picture = '<img alt="photo" width="100" src="/jmap/download/A1/U1/x?type=image%2Fpng" data-cid="a@b">';
  expect(cleaned(picture)).toBe(picture);
});

test("pictures within the text stay, of some kinds and sizes", () => {
  const picture = (kind: string, length: number) => `<img alt="x" src="data:image/${kind};base64,${"A".repeat(length)}">`;
  for (const kind of ["png", "jpeg", "gif", "webp"]) expect(cleaned(picture(kind, 8))).toBe(picture(kind, 8));
  for (const other of [picture("svg+xml", 8), picture("png", 70_000), '<img alt="x" src="data:text/html,<b>">']) expect(cleaned(other)).toBe("x");
});

test("emphasis that is written as a style", () => {
  expect(cleaned('<span style="font-weight: 700; font-style:italic">a</span>')).toBe("<span><b><i>a</i></b></span>");
  expect(cleaned('<b style="font-weight:normal">a</b>')).toBe("a");
});

test("cleaning again changes nothing", () => {
  const html = '<div dir="rtl"><h1>a &lt;img onerror=x&gt;</h1><ul><li><a href="https://a.test/?a=1&amp;b=2">b</a></li></ul></div>';
  expect(cleaned(cleaned(html))).toBe(cleaned(html));
});

test("names that a form or a document has of its own are taken by nobody", () => {
  const taken = ["attributes", "body", "childNodes", "createElement", "getAttribute", "nodeName", "nodeType", "querySelector", "querySelectorAll", "removeAttribute"];
  for (const name of taken) {
    const html = `<img name=${name}><object id=${name}></object><form name=${name}>a<input name=${name}><input id=${name}></form><p id=mine>b</p>`;
    expect(cleaned(html)).toBe("a<p>b</p>");
    const page = parsed(html);
    expect(page.body.querySelectorAll(`[name=${name}], [id=${name}]`).length).toBe(0);
    expect(page.querySelector("#mine")).not.toBeNull();
    expect(split(html, []).quote).toBeNull();
  }
});

test("depth has an end, and words below it are kept", () => {
  const html = `${"<div>".repeat(300)}deep<img src=x onerror=alert(1)>${"</div>".repeat(300)}`;
  const text = cleaned(html);
  expect(text).toContain("deep");
  expect(text).not.toContain("onerror");
  expect(text.split("<div>").length - 1).toBeLessThan(210);
});

test("what never closes is read once", { timeout: 20_000 }, () => {
  for (const html of ["<a".repeat(300_000), `<a ${" style".repeat(200_000)}`, "<a style =".repeat(100_000)])
    expect(parsed(html).body).not.toBeNull();
});

test("a style is told from words and addresses that look like one", () => {
  const link = '<a href="https://shop.test/style=red?a=&quot;style=1">x style="y" z</a>';
  expect(outgoing(link, null)).toContain(link);
  expect(cleaned(link)).toContain('href="https://shop.test/style=red?a=&quot;style=1"');
  expect(cleaned('<p title="in style = loud">a</p>')).toBe('<p title="in style = loud">a</p>');
});

test("what was kept for undoing has its marks again, and nobody else's fields", () => {
  const marks = '<input id="squire-selection-start" type="hidden"><input id="squire-selection-end" type="hidden">';
  const html = cleaned(`<div>a${marks}b<input id=other><script>x</script></div>`, cleanKept);
  expect(html).toBe('<div>a<input type="hidden" id="squire-selection-start"><input type="hidden" id="squire-selection-end">b</div>');
});
