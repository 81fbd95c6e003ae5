"""What members live through: people in the simulated chats, the real adapters, one database."""
