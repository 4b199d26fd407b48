import { expect, test } from "vitest";
import type { Mailbox } from "$/jmap/types";
import { labelKeyword } from "./labels";
import { patched, step } from "./emails.svelte";
import { grown } from "./tree";

function folder(id: string, name: string, more: Partial<Mailbox> = {}): Mailbox {
  return { id, name, parentId: null, role: null, sortOrder: 0, ...more } as Mailbox;
}

test("special folders come first, then names in order, children beneath", () => {
  const all = [
    folder("1", "Zebra"),
    folder("2", "Trash", { role: "trash" }),
    folder("3", "INBOX", { role: "inbox" }),
    folder("4", "Ánh"),
    folder("5", "child", { parentId: "1" }),
    folder("6", "orphan", { parentId: "99" }),
  ];
  const tree = grown(all);
  expect(tree.map(({ mailbox }) => mailbox.id)).toEqual(["3", "2", "4", "6", "1"]);
  expect(tree.at(-1)?.children).toMatchObject([{ mailbox: { id: "5" }, depth: 1 }]);
});

test("a change of an email can be taken back exactly", () => {
  const head = { id: "M1", keywords: { $seen: true }, mailboxIds: { F1: true } } as never;
  const [changed, inverse] = patched(head, { "keywords/$seen": null, "keywords/a~1b": true, "mailboxIds/F1": null, "mailboxIds/F2": true });
  expect(changed).toMatchObject({ keywords: { "a/b": true }, mailboxIds: { F2: true } });
  expect(Object.keys(changed.keywords)).toEqual(["a/b"]);
  expect(patched(changed, inverse)[0]).toEqual(head);
  expect(step("a/b~c")).toBe("a~1b~0c");
});

test("a label's keyword is plain and its own", () => {
  expect(labelKeyword("Khách hàng Đỏ", [])).toBe("khach_hang_do");
  expect(labelKeyword("Khách hàng", ["khach_hang", "khach_hang_2"])).toBe("khach_hang_3");
  expect(labelKeyword("日本", [])).toBe("label");
});
