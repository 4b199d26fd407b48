/**
 * What can become of a request:
 *
 *     JmapError
 *     ├── Offline      the server cannot be reached, or asks to come back later
 *     ├── LoggedOut    the session has ended
 *     ├── Refused      the whole request was refused (RFC 8620 §3.6.1)
 *     ├── MethodFailed one call was refused (RFC 8620 §3.6.2)
 *     └── NotSet       one object was not created, updated or destroyed (RFC 8620 §5.3)
 */
import type { SetError } from "./types";

export class JmapError extends Error {}

export class Offline extends JmapError {}

export class LoggedOut extends JmapError {}

export class Refused extends JmapError {
  constructor(
    readonly kind: string,
    readonly status: number,
    detail: string,
  ) {
    super(detail || kind);
  }
}

export class MethodFailed extends JmapError {
  constructor(
    readonly method: string,
    readonly kind: string,
    description: string,
  ) {
    super(`${method}: ${kind} ${description}`);
  }
}

export class NotSet extends JmapError {
  constructor(readonly error: SetError) {
    super(`${error.type} ${error.description ?? ""}`);
  }
}
