/** The pictures in icons.svg. */
export type IconName =
  | "alert" | "archive" | "arrow-left" | "arrow-right" | "attach" | "back" | "calendar" | "check" | "chevron-down"
  | "chevron-right" | "chevron-up" | "clock" | "close" | "code" | "columns" | "download" | "draft" | "edit" | "eye" | "eye-off" | "folder"
  | "folder-move" | "forward" | "gear" | "globe" | "help" | "image" | "inbox" | "junk" | "key" | "label" | "link" | "list"
  | "logout" | "mail" | "mail-open" | "menu" | "minus" | "more" | "not-junk" | "person" | "plus" | "print" | "refresh"
  | "reply" | "reply-all" | "restore" | "search" | "send" | "shield" | "star" | "star-full" | "sun" | "trash" | "undo"
  | "upload" | "warning";
