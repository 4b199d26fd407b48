/** The pictures in icons.svg. */
export type IconName =
  | "alert" | "archive" | "attach" | "back" | "bullets" | "calendar" | "check" | "chevron-down" | "chevron-right"
  | "chevron-up" | "clear-format" | "clock" | "close" | "code" | "color" | "download" | "draft" | "edit" | "expand"
  | "eye" | "eye-off" | "folder" | "folder-move" | "forward" | "gear" | "help" | "image" | "inbox" | "junk" | "label"
  | "link" | "list" | "logout" | "mail" | "mail-open" | "menu" | "minus" | "more" | "not-junk" | "numbers" | "person"
  | "plus" | "print" | "quote" | "refresh" | "reply" | "reply-all" | "restore" | "search" | "send" | "shield"
  | "shrink" | "star" | "star-full" | "sun" | "text-size" | "trash" | "undo" | "unlink" | "warning" | "window";
