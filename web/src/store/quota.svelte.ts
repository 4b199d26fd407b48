/** How much of the account's space is taken. */
import { call } from "$/jmap/client";
import type { GetResponse, Quota } from "$/jmap/types";

class QuotaStore {
  octets = $state.raw<Quota | null>(null);

  async load(): Promise<void> {
    const { list } = await call<GetResponse<Quota>>("Quota/get", { ids: null });
    this.octets = list.find((one) => one.resourceType === "octets") ?? null;
  }
}

export const quota = new QuotaStore();
