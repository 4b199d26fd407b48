// @vitest-environment jsdom
/** Signatures, and the pictures that come with them. */
import { expect, test } from "vitest";
import type { Draft } from "./draft.svelte";
import { everywhere, withSignature } from "./html";
import { found, named } from "./pictures";
import { exchangedSignature, exchangeFormat, richSignature, sign } from "./signatures";
import type { Identity } from "./types";

const DOT = "data:image/gif;base64,R0lGODlhAQABAAAAACw=";

function identity(textSignature: string, htmlSignature = ""): Identity {
  return { id: "I1", name: "", email: "lan@demo.test", replyTo: null, bcc: null, textSignature, htmlSignature };
}

function draft(of: Identity, isPlain: boolean): Draft {
  return { identity: of, isPlain, html: "", text: "", attachments: { all: [], named: (html: string) => html } } as unknown as Draft;
}

test("whoever wrote it, only what may enter the editor is left", () => {
  const hostile = '<b onclick="x()" style="position:fixed">Lan</b><script>x()</script><img src="https://evil.test/x" alt="logo">';
  expect(richSignature(identity("", hostile))).toBe('<div class="bocau-signature"><div>-- </div><b>Lan</b>logo</div>');
});

test("looks go out as styles and come back", () => {
  const sent = everywhere('<span class="color-4">Lan</span>');
  expect(sent).toBe('<span style="color:#b3261e">Lan</span>');
  expect(richSignature(identity("", sent))).toContain('<span class="color-4">Lan</span>');
});

test("one of plain text has its lines, and one that is empty is none", () => {
  expect(richSignature(identity("Lan\n<Trần>"))).toContain("<div>Lan</div><div>&lt;Trần&gt;</div>");
  expect(richSignature(identity(""))).toBe("");
});

test("it is exchanged and nothing of the former is left", () => {
  const [first, second] = [identity("Một", "<b>Một</b>"), identity("Hai", "<i>Hai</i>")];
  const html = withSignature(withSignature("<div>a</div>", richSignature(first)), richSignature(second));
  expect(html).toBe('<div>a</div><div class="bocau-signature"><div>-- </div><i>Hai</i></div>');
  expect(withSignature(html, "")).toBe("<div>a</div>");
  expect(exchangedSignature("a\n\n-- \nMột", first, second)).toBe("a\n\n-- \nHai");
});

test("each format has its own, there and back", () => {
  const own = draft(identity("Lan (plain)", "<b>Lan</b>"), false);
  sign(own, "Chào");
  exchangeFormat(own);
  expect([own.isPlain, own.text]).toEqual([true, "Chào\n\n-- \nLan (plain)"]);
  exchangeFormat(own);
  expect(own.html).toBe('<div>Chào</div><div class="bocau-signature"><div>-- </div><b>Lan</b></div>');
});

test("one that was changed in the message stays as it was changed", () => {
  const own = draft(identity("Lan", "<b>Lan</b>"), false);
  own.html = '<div>a</div><div class="bocau-signature"><div>-- </div><b>Lan, in a hurry</b></div>';
  exchangeFormat(own);
  expect(own.text).toBe("a\n-- \nLan, in a hurry");
});

test("pictures within the text become files, and are named by their content id", () => {
  const html = `<div><img src="${DOT}" alt="logo"><img src="${DOT}"><img src="data:image/png;base64,=="><img src="data:image/svg+xml;base64,AAAA"></div>`;
  const [file, ...more] = found(html).values();
  expect([file?.name, file?.type, file?.size, more.length]).toEqual(["logo.gif", "image/gif", 14, 0]);
  expect(named(html, new Map([[DOT, { cid: "a@b" }]]))).toContain('<img alt="logo" data-cid="a@b"><img data-cid="a@b"><img src="data:image/png');
  expect(named("<div>a</div>", new Map([[DOT, { cid: "a@b" }]]))).toBe("<div>a</div>");
});
