/** Groups of method calls that travel in one request; references stay within their group (RFC 8620 §3.7). */

export type Arguments = Record<string, unknown>;
export type Call = [method: string, args: Arguments];
export type Invocation = [method: string, args: Arguments, tag: string];

export interface Reference {
  resultOf: string;
  name: string;
  path: string;
}

/** The result of an earlier call of the same group, by its index: `"#ids": ref(0, "Email/query", "/ids")`. */
export function ref(call: number, name: string, path: string): Reference {
  return { resultOf: String(call), name, path };
}

/** The calls of a group, tagged so that several groups can share a request. */
export function tagged(calls: Call[], group: number): Invocation[] {
  return calls.map(([method, args], index) => [method, referring(args, group), `${group}.${index}`]);
}

function referring(args: Arguments, group: number): Arguments {
  const entries = Object.entries(args).map(([name, value]) => {
    if (!name.startsWith("#")) return [name, value];
    const reference = value as Reference;
    return [name, { ...reference, resultOf: `${group}.${reference.resultOf}` }];
  });
  return Object.fromEntries(entries) as Arguments;
}

/** The responses to one group, call by call. A call may have several: its own first, then those it implied. */
export function untagged(responses: Invocation[], group: number, count: number): Invocation[][] {
  const found: Invocation[][] = Array.from({ length: count }, () => []);
  for (const response of responses) {
    const [of, index] = response[2].split(".");
    if (Number(of) === group) found[Number(index)]?.push(response);
  }
  return found;
}
