/** What goes along with a message: uploaded once, then named by its blob. */
import * as m from "words";
import { uploadUrl } from "$/jmap/addresses";
import { session } from "$/session.svelte";
import type { Id } from "$/jmap/types";
import type { KeptFile } from "./kept";
import { found, named } from "./pictures";
import type { BodyPart } from "./types";

/** When the session does not say. */
const UPLOAD_BYTES = 50_000_000;
const AT_ONCE = 3;

export class Attached {
  readonly key = crypto.randomUUID();
  blobId = $state<Id | null>(null);
  /** 0 to 1 while it is on its way. */
  progress = $state(0);
  /** Why it could not be uploaded, in words. */
  problem = $state("");
  /** Of a picture within the text. */
  cid: string | null = null;
  file: File | null = null;
  abort: () => void = () => undefined;

  constructor(
    readonly name: string,
    readonly type: string,
    readonly size: number,
  ) {}

  get isWaiting(): boolean {
    return this.blobId === null && this.problem === "";
  }
}

export class Attachments {
  all = $state.raw<Attached[]>([]);
  /** By the address that they have in the text. */
  #embedded = new Map<string, Attached>();
  #running = 0;
  #queue: Attached[] = [];

  /** `changed`: called when something came, arrived or went. */
  constructor(private readonly changed: () => void) {}

  get isWaiting(): boolean {
    return this.all.some((one) => one.isWaiting);
  }

  get bytes(): number {
    return this.all.reduce((sum, one) => sum + one.size, 0);
  }

  /** Upload files; a picture within the text gets a content id. */
  add(files: File[], inline = false): Attached[] {
    const added = files.map((file) => attachedOf(file, inline));
    this.all = [...this.all, ...added];
    for (const one of added) this.#enqueue(one);
    this.changed();
    return added;
  }

  /** Upload the pictures that a text has in itself; one that fails stays there until the next save. */
  async embed(html: string): Promise<void> {
    for (const [source, file] of found(html)) {
      if (this.#embedded.has(source)) continue;
      const one = attachedOf(file, true);
      await upload(one);
      if (one.blobId === null) continue;
      this.#embedded.set(source, one);
      this.all = [...this.all, one];
    }
  }

  /** The text with those by their content ids. */
  named(html: string): string {
    return named(html, this.#embedded);
  }

  /** Parts of a message that is on the server already: nothing is uploaded again. */
  take(parts: BodyPart[]): void {
    const taken = parts
      .filter((part) => part.blobId !== null)
      .map((part) => {
        const one = new Attached(part.name ?? m.composeUnnamed(), part.type, part.size);
        one.blobId = part.blobId;
        one.cid = part.cid;
        one.progress = 1;
        return one;
      });
    this.all = [...this.all, ...taken];
  }

  /** Files that had been uploaded when their tab went away. */
  revive(files: KeptFile[]): void {
    const parts = files.map(({ blobId, name, type, size, cid }) => ({ partId: null, blobId, name, type, size, cid, disposition: null }));
    this.all = [];
    this.take(parts);
  }

  remove(attached: Attached): void {
    attached.abort();
    this.all = this.all.filter((one) => one !== attached);
    this.changed();
  }

  retry(attached: Attached): void {
    attached.problem = "";
    this.#enqueue(attached);
  }

  #enqueue(attached: Attached): void {
    const limit = uploadLimit();
    if (attached.size > limit) attached.problem = m.composeTooLarge({ name: attached.name, limit: Math.floor(limit / 1_000_000) });
    else {
      this.#queue.push(attached);
      this.#next();
    }
  }

  #next(): void {
    while (this.#running < AT_ONCE && this.#queue.length > 0) {
      const attached = this.#queue.shift();
      if (attached === undefined || !this.all.includes(attached)) continue;
      this.#running += 1;
      void upload(attached).finally(() => {
        this.#running -= 1;
        this.changed();
        this.#next();
      });
    }
  }
}

function attachedOf(file: File, inline: boolean): Attached {
  const attached = new Attached(file.name || m.composeUnnamed(), file.type || "application/octet-stream", file.size);
  attached.file = file;
  if (inline) attached.cid = `${attached.key}@bocau`;
  return attached;
}

/** The largest file that the server takes, in bytes (RFC 8620 §2). */
export function uploadLimit(): number {
  return Number(session.object.capabilities["urn:ietf:params:jmap:core"]?.["maxSizeUpload"] ?? UPLOAD_BYTES);
}

/** What all files of a message may be together, in bytes (RFC 8621 §1.3.1). */
export function totalLimit(): number {
  const account = session.object.accounts[session.accountId]?.accountCapabilities["urn:ietf:params:jmap:mail"];
  return Number(account?.["maxSizeAttachmentsPerEmail"] ?? UPLOAD_BYTES);
}

/** XMLHttpRequest, because fetch does not tell how far an upload has come. */
function upload(attached: Attached): Promise<void> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", uploadUrl());
    request.setRequestHeader("X-CSRF-Token", session.csrf);
    request.setRequestHeader("Content-Type", attached.type);
    request.responseType = "json";
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) attached.progress = event.loaded / event.total;
    };
    request.onload = () => {
      const answer = request.response as { blobId?: Id; limit?: string } | null;
      if (request.status >= 200 && request.status < 300 && answer?.blobId !== undefined) {
        attached.blobId = answer.blobId;
        attached.progress = 1;
        attached.file = null;
      } else attached.problem = request.status === 413 ? m.composeTooLargeForServer() : m.composeUploadFailed();
      resolve();
    };
    request.onerror = () => {
      attached.problem = m.composeUploadFailed();
      resolve();
    };
    request.onabort = () => resolve();
    attached.abort = () => request.abort();
    request.send(attached.file);
  });
}
