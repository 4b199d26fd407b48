/** Whether people who write get an answer that one is away (RFC 8621 §8). */
import { call } from "$/jmap/client";
import type { GetResponse } from "$/jmap/types";

export interface VacationResponse {
  isEnabled: boolean;
  fromDate: string | null;
  toDate: string | null;
  subject: string | null;
  textBody: string | null;
  htmlBody: string | null;
}

class Vacation {
  response = $state.raw<VacationResponse | null>(null);

  take(answer: GetResponse<VacationResponse>): void {
    this.response = answer.list[0] ?? null;
  }

  async load(): Promise<VacationResponse | null> {
    this.take(await call<GetResponse<VacationResponse>>("VacationResponse/get", { ids: ["singleton"] }));
    return this.response;
  }

  /** Answers are sent on this day. */
  isOn(now: Date): boolean {
    const { isEnabled = false, fromDate = null, toDate = null } = this.response ?? {};
    return isEnabled && (fromDate === null || new Date(fromDate) <= now) && (toDate === null || now < new Date(toDate));
  }
}

export const vacation = new Vacation();
