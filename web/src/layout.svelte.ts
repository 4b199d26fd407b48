/** How much room there is. */
import { MediaQuery } from "svelte/reactivity";
import { preferences } from "$/preferences.svelte";

const wide = new MediaQuery("min-width: 1100px", true);
const coarse = new MediaQuery("pointer: coarse", false);
const phone = new MediaQuery("max-width: 699px", false);

const ROW_HEIGHTS = { compact: 32, normal: 44, roomy: 64 };
/** On a phone rows have two lines and are large enough for a thumb. */
const ROW_HEIGHTS_PHONE = { compact: 56, normal: 68, roomy: 88 };

export const layout = {
  /** Folders, list and reading pane side by side. */
  get isWide(): boolean {
    return wide.current;
  },
  get isPhone(): boolean {
    return phone.current;
  },
  /** Fingers, which also make larger and smaller. */
  get isTouch(): boolean {
    return phone.current || coarse.current;
  },
  /** Where a conversation is read. */
  get pane(): "right" | "bottom" | "off" {
    return phone.current ? "off" : preferences.values.pane;
  },
  get rowHeight(): number {
    return (phone.current ? ROW_HEIGHTS_PHONE : ROW_HEIGHTS)[preferences.values.density];
  },
};
