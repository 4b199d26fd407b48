/** The account's choices, kept on the server (Preferences, docs/jmap.md) and applied at once. */
import { call, reach } from "$/jmap/client";
import { session } from "$/session.svelte";
import { showTheme, type Theme } from "$/theme";
import { chooseLanguage, type Language, LANGUAGES } from "$/words/language.svelte";

export type Density = "compact" | "normal" | "roomy";
export type Pane = "right" | "bottom" | "off";

/** Every choice with its default. Settings may add theirs here. */
const DEFAULTS = {
  theme: "system" as Theme,
  density: "normal" as Density,
  pane: "right" as Pane,
  threads: true,
  shortcuts: true,
  /** Keywords that are shown as labels: keyword → how it is called and coloured. */
  labels: {} as Record<string, LabelLook>,
  /** Seconds in which a sent message can be taken back; 0 to 30. */
  undoSendSeconds: 10,
  /** Whether a message counts as read when it is opened. */
  markRead: true,
  /** New messages begin as plain text. */
  plainText: false,
  imageSenders: [] as string[],
};

export interface LabelLook {
  name: string;
  /** One of the eight colours of styles/tokens.css: 1 to 8. */
  color: number;
}

export type Preferences = typeof DEFAULTS;
const SAVE_MS = 400;
const USING = ["urn:ietf:params:jmap:core", "urn:bocau:params:jmap"];

class PreferenceStore {
  values = $state<Preferences>({ ...DEFAULTS });
  #unsaved: Record<string, unknown> = {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Ends with the last that was sent: they arrive one after the other, so that the last choice stays. */
  #sending = Promise.resolve();

  /** What the server said: only values of the expected kind are taken. */
  take(said: Record<string, unknown>): void {
    for (const [name, usual] of Object.entries(DEFAULTS)) {
      const value = said[name];
      if (value !== undefined && value !== null && typeof value === typeof usual && Array.isArray(value) === Array.isArray(usual)) {
        Object.assign(this.values, { [name]: value });
      }
    }
    const language = said["language"];
    if (LANGUAGES.includes(language as Language)) chooseLanguage(language as Language);
    this.#show();
  }

  /** Take effect now, and be kept on the server soon. */
  choose<Name extends keyof Preferences>(name: Name, value: Preferences[Name]): void {
    this.values[name] = value;
    this.#show();
    this.#save(name, value);
  }

  chooseLanguage(language: Language): void {
    chooseLanguage(language);
    this.#save("language", language);
  }

  async reload(): Promise<void> {
    const answer = await call<{ list: Record<string, unknown>[] }>("Preferences/get", { ids: ["singleton"] });
    if (answer.list[0] !== undefined && Object.keys(this.#unsaved).length === 0) this.take(answer.list[0]);
  }

  #save(name: string, value: unknown): void {
    this.#unsaved[name] = $state.snapshot(value);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#sending = this.#sending.then(() => this.#send())), SAVE_MS);
  }

  /** A choice that cannot be kept now is tried again with the next one. */
  async #send(): Promise<void> {
    const sent = this.#unsaved;
    if (Object.keys(sent).length === 0) return;
    this.#unsaved = {};
    try {
      await call("Preferences/set", { update: { singleton: sent } });
    } catch {
      this.#unsaved = { ...sent, ...this.#unsaved };
    }
  }

  /** The page goes, or may be ended unseen: what was chosen a moment ago is sent by a request that outlives it. */
  leave(): void {
    if (session.boot === null || Object.keys(this.#unsaved).length === 0) return;
    clearTimeout(this.#timer);
    const sent = this.#unsaved;
    this.#unsaved = {};
    const methodCalls = [["Preferences/set", { accountId: session.accountId, update: { singleton: sent } }, "0"]];
    const body = JSON.stringify({ using: USING, methodCalls });
    const request = { method: "POST", headers: { "Content-Type": "application/json" }, body, keepalive: true };
    reach(session.object.apiUrl, request).catch(() => (this.#unsaved = { ...sent, ...this.#unsaved }));
  }

  #show(): void {
    const root = document.documentElement;
    root.dataset["density"] = this.values.density;
    showTheme(this.values.theme);
  }
}

export const preferences = new PreferenceStore();
window.addEventListener("pagehide", () => preferences.leave());
// A phone ends pages that are not seen without another word.
document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && preferences.leave());
