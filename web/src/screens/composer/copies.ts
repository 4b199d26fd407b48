/**
 * The copy of a draft on the server: there is one at most, however a save ends.
 *
 *     find what still is a draft and has one of our Message-IDs → make the new copy → destroy what was found
 *
 * All in one request. A copy whose making was never told to us is found the next time; one that was sent, or replaced
 * by another window, is not found, and left alone.
 */
import { type Call, call, ref, send } from "$/jmap/client";
import { NotSet } from "$/jmap/errors";
import type { GetResponse, Id, QueryResponse, SetResponse } from "$/jmap/types";
import type { Draft } from "./draft.svelte";
import { draftsId, emailOf } from "./message";
import { PART_PROPERTIES, type BodyPart } from "./types";

const COPIES_MAX = 16;

export interface Stored {
  id: Id;
  /** Nothing was replaced. */
  isAlone: boolean;
}

/** The calls of a save, for whoever carries them. */
export function storing(draft: Draft): Call[] {
  const create = { draft: emailOf(draft) };
  if (draft.savedId === null && !draft.isBehind) return [["Email/set", { create }]];
  // Another program's draft, without a Message-ID to find it by.
  if (draft.copies.length < 2 && !draft.isBehind && draft.savedAt === null && draft.savedId !== null) return [["Email/set", { create, destroy: [draft.savedId] }]];
  return [search(draft), ["Email/set", { create, "#destroy": ref(0, "Email/query", "/ids") }]];
}

/** NotSet when the server does not take it; Offline and others as `send` raises them. */
export async function store(draft: Draft): Promise<Stored> {
  const answer = (await send(storing(draft))).at(-1) as unknown as SetResponse;
  const made = answer.created?.["draft"];
  if (made === undefined) throw new NotSet(answer.notCreated?.["draft"] ?? { type: "serverFail" });
  return { id: made.id, isAlone: (answer.destroyed ?? []).length === 0 };
}

/** The id of the copy that is there now. */
export async function lookUp(draft: Draft): Promise<Id | null> {
  const [found] = await send([search(draft)]);
  return (found as unknown as QueryResponse).ids[0] ?? null;
}

export async function remove(draft: Draft): Promise<void> {
  await send([search(draft), ["Email/set", { "#destroy": ref(0, "Email/query", "/ids") }]]);
}

function search(draft: Draft): Call {
  const named = draft.copies.map((one) => ({ header: ["Message-ID", one] }));
  const conditions = [{ inMailbox: draftsId() }, { hasKeyword: "$draft" }, { operator: "OR", conditions: named }];
  return ["Email/query", { filter: { operator: "AND", conditions }, sort: [{ property: "receivedAt", isAscending: false }], limit: COPIES_MAX }];
}

/** Attachments are parts of the newest copy from now on: uploads end, and the old copy is gone. */
export async function nameParts(draft: Draft, id: Id): Promise<void> {
  const asked = { ids: [id], properties: ["attachments"], bodyProperties: PART_PROPERTIES };
  const { list } = await call<GetResponse<{ id: Id; attachments: BodyPart[] }>>("Email/get", asked);
  const parts = (list[0]?.attachments ?? []).slice();
  for (const one of draft.attachments.all) {
    if (one.blobId === null) continue;
    const at = parts.findIndex((part) => part.size === one.size && (one.cid === null ? part.name === one.name : part.cid === one.cid));
    if (at >= 0) one.blobId = parts.splice(at, 1)[0]?.blobId ?? one.blobId;
  }
}
