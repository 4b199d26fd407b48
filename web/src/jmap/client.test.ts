/** A server that is asked too much at once is asked again, a few times. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { reach } from "./client";
import { Refused } from "./errors";

function refusal(limit: string): Response {
  const problem = { type: "urn:ietf:params:jmap:error:limit", status: 400, detail: "too many", limit };
  return new Response(JSON.stringify(problem), { status: 400 });
}

function answering(...answers: Response[]): ReturnType<typeof vi.fn> {
  const asked = vi.fn(() => Promise.resolve(answers.shift() ?? new Response("{}")));
  vi.stubGlobal("fetch", asked);
  return asked;
}

afterEach(() => vi.unstubAllGlobals());

describe("reach", () => {
  it("asks again while others are at it", async () => {
    const asked = answering(refusal("maxConcurrentRequests"), refusal("maxConcurrentUpload"));
    expect((await reach("/jmap/api", { method: "POST" }, [1, 1])).status).toBe(200);
    expect(asked).toHaveBeenCalledTimes(3);
  });

  it("gives up in the end", async () => {
    const asked = answering(refusal("maxConcurrentRequests"), refusal("maxConcurrentRequests"));
    await expect(reach("/jmap/api", {}, [1])).rejects.toBeInstanceOf(Refused);
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it("does not repeat what was refused for itself", async () => {
    const asked = answering(refusal("maxSizeRequest"));
    await expect(reach("/jmap/api", {}, [1])).rejects.toMatchObject({ status: 400, kind: "urn:ietf:params:jmap:error:limit" });
    expect(asked).toHaveBeenCalledTimes(1);
  });
});
