"""What a day or a week came to, told in the channels that want to hear it."""
