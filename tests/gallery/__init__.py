"""Every sample card as people see it on each platform, drawn by headless Chromium (`make gallery`)."""
