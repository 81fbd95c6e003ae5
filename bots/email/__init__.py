"""E-mail, for members who are in no chat: notices go out, nothing comes in."""
