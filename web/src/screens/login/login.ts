/** POST /auth/login (docs/jmap.md, “Web sessions”). */
import type { Boot } from "$/jmap/types";

export interface Credentials {
  name: string;
  password: string;
  code: string;
  remember: boolean;
}

export type Outcome =
  | { kind: "boot"; boot: Boot }
  | { kind: "credentials" }
  | { kind: "code"; isWrong: boolean }
  | { kind: "wait"; seconds: number }
  | { kind: "offline" }
  | { kind: "failed" };

interface Refusal {
  error?: string;
  wrong?: boolean;
  retrySeconds?: number;
}

export async function logIn({ code, ...credentials }: Credentials): Promise<Outcome> {
  let response: Response;
  try {
    response = await fetch("/auth/login", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(code === "" ? credentials : { ...credentials, code }),
    });
  } catch {
    return { kind: "offline" };
  }
  if (response.ok) return { kind: "boot", boot: (await response.json()) as Boot };
  return refusal((await response.json().catch(() => ({}))) as Refusal);
}

function refusal(said: Refusal): Outcome {
  switch (said.error) {
    case "credentials":
      return { kind: "credentials" };
    case "code":
      return { kind: "code", isWrong: said.wrong === true };
    case "wait":
      return { kind: "wait", seconds: said.retrySeconds ?? 60 };
    default:
      return { kind: "failed" };
  }
}
