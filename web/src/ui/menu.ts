import type { IconName } from "./icons";

export interface MenuItem {
  label: string;
  run: () => void;
  icon?: IconName;
  keys?: string;
  /** A choice: whether it is the one of now. */
  isChosen?: boolean;
  /** A line above it. */
  startsGroup?: boolean;
}
