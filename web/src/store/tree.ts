/** Folders in order, each with those inside it. */
import type { Id, Mailbox, Role } from "$/jmap/types";

export interface Branch {
  mailbox: Mailbox;
  depth: number;
  children: Branch[];
}

/** Special folders come first, in this order. */
const ROLES: Role[] = ["inbox", "drafts", "sent", "archive", "junk", "trash"];

/** Folders as a tree: those with a role first, then by sortOrder and name. */
export function grown(mailboxes: Mailbox[]): Branch[] {
  const byParent = new Map<Id, Mailbox[]>();
  for (const one of mailboxes) if (one.parentId !== null) byParent.set(one.parentId, [...(byParent.get(one.parentId) ?? []), one]);
  const known = new Set(mailboxes.map((one) => one.id));
  const roots = mailboxes.filter((one) => one.parentId === null || !known.has(one.parentId));
  const branch = (mailbox: Mailbox, depth: number): Branch => ({
    mailbox,
    depth,
    children: (byParent.get(mailbox.id) ?? []).sort(inOrder).map((child) => branch(child, depth + 1)),
  });
  return roots.sort(inOrder).map((one) => branch(one, 0));
}

function inOrder(one: Mailbox, other: Mailbox): number {
  return rank(one) - rank(other) || one.sortOrder - other.sortOrder || one.name.localeCompare(other.name);
}

function rank(mailbox: Mailbox): number {
  const index = mailbox.role === null ? -1 : ROLES.indexOf(mailbox.role);
  return index < 0 ? ROLES.length : index;
}

/** Each before those within it. */
export function flattened(tree: Branch[]): Branch[] {
  return tree.flatMap((one) => [one, ...flattened(one.children)]);
}
