/** The current route, in step with the browser's history: Back always works. */
import { INBOX, type ComposeStart, parseRoute, pathOf, pathOfMail, type Place, type Route } from "./routes";

/** What an entry of the history knows: how many of ours lie beneath it, and which path the one beneath has. */
interface Entry {
  depth?: number;
  from?: string;
}

type MailRoute = Extract<Route, { screen: "mail" }>;

class Router {
  route = $state.raw<Route>(this.#read());
  /** What lies beneath the composer: the mail that was shown last. */
  lastMail = $state.raw<MailRoute>({ screen: "mail", place: INBOX, threadId: null, emailId: null });

  /** A step back takes a moment; where to go meanwhile waits for it. */
  #isSteppingBack = false;
  #next: (() => void) | null = null;

  constructor() {
    this.#remember();
    if (location.pathname === "/") history.replaceState(history.state, "", pathOf(this.route));
    window.addEventListener("popstate", () => this.#popped());
  }

  /** Go there; `replace` when Back must not lead here again. */
  go(route: Route, replace = false): void {
    if (this.#isSteppingBack) {
      this.#next = () => this.go(route, replace);
      return;
    }
    const path = pathOf(route);
    const here = location.pathname + location.search;
    const { depth = 0, from } = this.#entry();
    if (replace || path === here) history.replaceState({ depth, from }, "", path);
    else history.pushState({ depth: depth + 1, from: here }, "", path);
    this.#take();
  }

  /** To what lies above: a step back for who came from there, so that Back does not lead here again. */
  up(route: Route): void {
    if (this.#entry().from !== pathOf(route)) return this.go(route, true);
    this.#stepBack();
    this.#show(route);
  }

  openPlace(place: Place): void {
    this.go({ screen: "mail", place, threadId: null, emailId: null });
  }

  openThread(place: Place, threadId: string, emailId: string | null = null, replace = false): void {
    this.go({ screen: "mail", place, threadId, emailId }, replace);
  }

  compose(start: ComposeStart): void {
    this.go({ screen: "compose", start });
  }

  /** Back to where the person came from inside the app, else to the mail. */
  close(): void {
    if ((this.#entry().depth ?? 0) > 0) this.#stepBack();
    else this.go(this.route.screen === "mail" ? { ...this.route, threadId: null, emailId: null } : this.lastMail, true);
  }

  /** From an open conversation to its list. */
  closeThread(): void {
    if (this.route.screen !== "mail" || this.route.threadId === null) return;
    this.up({ ...this.route, threadId: null, emailId: null });
  }

  #entry(): Entry {
    return (history.state as Entry | null) ?? {};
  }

  #stepBack(): void {
    this.#isSteppingBack = true;
    history.back();
  }

  #popped(): void {
    this.#isSteppingBack = false;
    this.#take();
    const next = this.#next;
    this.#next = null;
    next?.();
  }

  #read(): Route {
    return parseRoute(location.pathname, location.search);
  }

  #take(): void {
    this.#show(this.#read());
  }

  #show(route: Route): void {
    this.route = route;
    this.#remember();
  }

  #remember(): void {
    if (this.route.screen === "mail") this.lastMail = this.route;
  }
}

export const router = new Router();

/** For the href of a link: a real address, so that it opens in a new tab too. */
export const href = { mail: pathOfMail, route: pathOf };

/** A click on a link inside the app goes through the router; with a modifier key the browser does as always. */
export function followLink(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element).closest("a");
  if (link === null || link.target !== "" || link.origin !== location.origin || link.hasAttribute("download")) return;
  const route = parseRoute(link.pathname, link.search);
  if (route.screen === "missing") return;
  event.preventDefault();
  router.go(route);
}
