/** Names that the editor gives to what is written, and what they are for everybody else. */

export const QUOTE = "bocau-quote";
export const SIGNATURE = "bocau-signature";

export const STYLES: Record<string, string> = {
  "size-small": "font-size:12px",
  "size-large": "font-size:18px",
  "size-huge": "font-size:24px",
  "color-1": "color:#0b57d0",
  "color-2": "color:#116329",
  "color-3": "color:#7a4d00",
  "color-4": "color:#b3261e",
  "color-5": "color:#7b2cbf",
};

export const CITED = "margin:0 0 0 8px;padding-left:12px;border-left:2px solid #c3c9d0";
