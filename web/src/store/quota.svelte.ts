/** How much of the account's space is taken. */
import type { GetResponse, Quota } from "$/jmap/types";

class QuotaStore {
  octets = $state.raw<Quota | null>(null);

  take(answer: GetResponse<Quota>): void {
    this.octets = answer.list.find((one) => one.resourceType === "octets") ?? null;
  }
}

export const quota = new QuotaStore();
